import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { type House, type Present, readPresent } from '../house.ts'
import { channels, type Signals } from '../signals.ts'

const answerWithinMs = 5000

export interface ClockState {
  offsetMs: number
  version: number
}
export interface Listener {
  /** For the log: who it is that does not answer. */
  name: string
  send: (state: ClockState & { listener?: string }) => void
  drop: () => void
}

export interface Clock {
  read: () => Promise<Present>
  /** Sets the time (milliseconds since 1970) and resolves once every listener has it, or was dropped. */
  moveTo: (timeMs: number) => Promise<void>
  /** Tells a listener the present time and each later one; resolves to a function that ends it. */
  listen: (listener: Listener) => Promise<() => Promise<void>>
  /** A listener has taken a version over. Resolves to whether that listener is known. */
  acknowledge: (listener: string, version: number) => Promise<boolean>
  close: () => Promise<void>
}

/** The clock that can be moved: its state is in the database, its listeners in every process that serves the sandbox. */
export function startClock(house: House, signals: Signals): Clock {
  const listeners = new Map<string, Listener>()
  const acknowledged = startGong()
  let published = 0

  const publish = (state: ClockState) => {
    if (state.version <= published) return
    published = state.version
    for (const listener of listeners.values())
      listener.send({ offsetMs: state.offsetMs, version: state.version })
  }
  signals.on(channels.clock, () => void readPresent(house).then(publish, () => {}))
  signals.on(channels.acknowledged, acknowledged.strike)

  const forget = async (id: string) => {
    listeners.delete(id)
    await house.db.deleteFrom('clock_listeners').where('id', '=', id).execute()
    acknowledged.strike()
  }

  return {
    read: () => readPresent(house),
    moveTo: async (timeMs) => {
      const state = await setOffset(house, timeMs - house.realNow())
      publish(state)
      await everyoneHas(house, state.version, acknowledged, (id) => listeners.get(id)?.drop())
    },
    listen: async (listener) => {
      const id = randomUUID()
      const present = await readPresent(house)
      published = Math.max(published, present.version)
      await house.db
        .insertInto('clock_listeners')
        .values({ id, session: signals.session(), name: listener.name, acknowledged_version: 0 })
        .execute()
      listeners.set(id, listener)
      // A move between the read and this line is published to the listener as well, and its version is higher.
      listener.send({ offsetMs: present.offsetMs, version: present.version, listener: id })
      const later = await readPresent(house)
      if (later.version > present.version) listener.send({ offsetMs: later.offsetMs, version: later.version })
      return () => forget(id)
    },
    acknowledge: async (listener, version) => {
      const { rows } = await sql`
        update sandbox.clock_listeners set acknowledged_version = greatest(acknowledged_version, ${version}::bigint)
        where id = ${listener} returning id`.execute(house.db)
      await sql`select pg_notify(${channels.acknowledged}, '')`.execute(house.db)
      acknowledged.strike()
      return rows.length > 0
    },
    close: async () => {
      const ids = [...listeners.keys()]
      for (const listener of listeners.values()) listener.drop()
      listeners.clear()
      if (ids.length > 0) await house.db.deleteFrom('clock_listeners').where('id', 'in', ids).execute()
    },
  }
}

async function setOffset(house: House, offsetMs: number): Promise<ClockState> {
  const { rows } = await sql<{ offset_ms: number; version: number }>`
    update sandbox.clock set offset_ms = ${Math.round(offsetMs)}::bigint, version = version + 1
    returning offset_ms, version`.execute(house.db)
  await sql`select pg_notify(${channels.clock}, '')`.execute(house.db)
  const row = rows[0]
  if (!row) throw new Error('the sandbox has lost its clock')
  return { offsetMs: row.offset_ms, version: row.version }
}

async function everyoneHas(
  house: House,
  version: number,
  gong: ReturnType<typeof startGong>,
  drop: (id: string) => void,
): Promise<void> {
  const deadline = Date.now() + answerWithinMs
  for (;;) {
    const struck = gong.next()
    const behind = await listenersBehind(house, version)
    if (behind.length === 0) return
    if (Date.now() >= deadline) {
      for (const listener of behind) {
        house.log({
          level: 'warn',
          msg: 'a listener of the sandbox clock did not answer and was dropped',
          listener: listener.name,
        })
        await house.db.deleteFrom('clock_listeners').where('id', '=', listener.id).execute()
        drop(listener.id)
      }
      return
    }
    await Promise.race([struck, pause(100)])
  }
}

/** Those who have not got this version yet; listeners of processes that are gone are forgotten here. */
async function listenersBehind(house: House, version: number): Promise<{ id: string; name: string }[]> {
  const behind = await house.db
    .selectFrom('clock_listeners')
    .select(['id', 'name'])
    .where('acknowledged_version', '<', version)
    .execute()
  if (behind.length === 0) return []
  await sql`delete from sandbox.clock_listeners where session not in (select pid from pg_stat_activity)`.execute(
    house.db,
  )
  return behind
}

/** Wakes all that wait for the next strike. */
function startGong() {
  let waiting: (() => void)[] = []
  return {
    strike: () => {
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  }
}
