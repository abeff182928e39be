import { sql } from 'kysely'
import { inTransaction } from '../db/database.ts'
import { type AccountSettings, parseAccountSettings } from './account/account-settings.ts'
import { type Faults, parseFaults } from './faults/faults.ts'
import { type Cause, Work } from './objects/work.ts'
import type { SandboxDatabase, SandboxTransaction } from './tables.ts'

export type Log = (line: { level: 'info' | 'warn' | 'error'; msg: string; [more: string]: unknown }) => void

/** What every part of a running sandbox is given. */
export interface House {
  db: SandboxDatabase
  /** Where the pages are, `http://localhost:PORT`; known once it listens. */
  url: string
  log: Log
  /** The types of event that are for the app; `*`: every one. */
  enabledEvents: readonly string[]
  /** The machine's own time, in milliseconds: for retries, signatures and leases, and the ground of the moved clock. */
  realNow: () => number
  /** From 0 up to 1; the faults decide by it. */
  random: () => number
}

/** The sandbox's time in seconds, the faults that are switched on, and how the account is paid. */
export interface Present {
  now: number
  offsetMs: number
  version: number
  faults: Faults
  account: AccountSettings
}

export async function readPresent(house: House, tx: SandboxTransaction = house.db): Promise<Present> {
  const { rows } = await sql<{ offset_ms: number; version: number; faults: unknown; account: unknown }>`
    select offset_ms, version, faults.settings as faults, account_settings.settings as account
    from sandbox.clock, sandbox.faults, sandbox.account_settings`.execute(tx)
  const row = rows[0]
  if (!row) throw new Error('the sandbox has lost its clock: its migrations put one there')
  const now = Math.floor((house.realNow() + row.offset_ms) / 1000)
  return {
    now,
    offsetMs: row.offset_ms,
    version: row.version,
    faults: parseFaults(row.faults),
    account: parseAccountSettings(row.account),
  }
}

/** Runs `body` on a new unit of work and writes it down in one transaction; tries again after a deadlock. */
export async function inWork<R>(
  house: House,
  body: (work: Work) => Promise<R>,
  options: { cause?: Cause; now?: number } = {},
): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(house.db, async (tx) => {
        const work = await workOn(house, tx, options)
        const result = await body(work)
        await work.flush()
        return result
      })
    } catch (error) {
      if (attempt === 5 || !isDeadlock(error)) throw error
    }
  }
}

/** A unit of work on an open transaction, or on the database itself where nothing will be written. */
export async function workOn(
  house: House,
  tx: SandboxTransaction,
  options: { cause?: Cause; now?: number } = {},
): Promise<Work> {
  const { now, account } = await readPresent(house, tx)
  return new Work({ tx, account, url: house.url, enabledEvents: house.enabledEvents, now, ...options })
}

/** PostgreSQL's deadlock_detected and serialization_failure: the victim may simply start again. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001')
}
