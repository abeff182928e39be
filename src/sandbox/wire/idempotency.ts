import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { SandboxTransaction } from '../tables.ts'
import { ApiError } from './api-error.ts'

export interface Keyed {
  key: string
  method: string
  path: string
  /** The request's body as it was sent. */
  body: string
}

export interface Kept {
  status: number
  body: string
  requestId: string
}

/**
 * Holds the key until the transaction ends and resolves to the result kept under it; null: this request is the first.
 * Throws the API's refusals: the same key at the same moment, for another endpoint, or with other parameters
 * (https://docs.stripe.com/api/idempotent_requests, read 2026-11-22).
 */
export async function holdKey(tx: SandboxTransaction, request: Keyed): Promise<Kept | null> {
  if (request.key.length > 255) throw tooLong(request.key)
  const { rows } = await sql<{ held: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('sandbox idempotency ' || ${request.key}, 0)) as held`.execute(
    tx,
  )
  if (!rows[0]?.held) throw inProgress(request.key)
  const kept = await tx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('key', '=', request.key)
    .executeTakeFirst()
  if (!kept) return null
  if (kept.path !== request.path || kept.method !== request.method) throw otherEndpoint(kept.path, request)
  if (kept.fingerprint !== fingerprint(request.body)) throw otherParameters(request.key)
  return { status: kept.status, body: kept.body, requestId: kept.request_id }
}

/** Keeps a result for the key's next use; `at` is real time, by which keys are forgotten. */
export async function keepResult(
  tx: SandboxTransaction,
  request: Keyed,
  kept: Kept,
  at: Date,
): Promise<void> {
  await tx
    .insertInto('idempotency_keys')
    .values({
      key: request.key,
      method: request.method,
      path: request.path,
      fingerprint: fingerprint(request.body),
      request_id: kept.requestId,
      status: kept.status,
      body: kept.body,
      created_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Keys may be removed from the system once they are a day old. */
export async function forgetKeys(tx: SandboxTransaction, now: Date): Promise<void> {
  const aDayAgo = new Date(now.getTime() - 24 * 3_600_000)
  await tx.deleteFrom('idempotency_keys').where('created_at', '<', aDayAgo).execute()
}

/** The same parameters in another order are the same request. */
function fingerprint(body: string): string {
  const parameters = [...new URLSearchParams(body)].map(([name, value]) => JSON.stringify([name, value]))
  return createHash('sha256').update(parameters.sort().join('\n')).digest('hex')
}

function tooLong(key: string) {
  return new ApiError(400, {
    type: 'invalid_request_error',
    message: `Idempotency keys can only be up to 255 characters long, this one has ${key.length}.`,
  })
}

function inProgress(key: string) {
  return new ApiError(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  })
}

function otherEndpoint(path: string, request: Keyed) {
  return new ApiError(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${request.path}' vs '${path}'). Try using a key other than '${request.key}' if you meant to execute a different request.`,
  })
}

function otherParameters(key: string) {
  return new ApiError(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  })
}
