import { sql } from 'kysely'
import type { DeliveryState, SandboxTransaction } from '../tables.ts'
import type { EventRow } from './present-event.ts'

export interface Claimed extends Omit<EventRow, 'data'> {
  /** JSON text. */
  data: string
  lane: string | null
  delivery_id: number
  endpoint: string
  attempts: number
  /** Never tried and never held back. */
  fresh: boolean
  /** Of a webhook endpoint made through the API; null for the app's address. */
  url: string | null
  secret: string | null
}

/** Times are the machine's own. */
export interface Lease {
  now: Date
  until: Date
  session: number
  /** Whether the app's address is known, so that what is for it can be sent. */
  toApp: boolean
}

/** Takes up to `limit` deliveries that are due, oldest first, so that no other process sends them at the same time. */
export async function claimDeliveries(
  tx: SandboxTransaction,
  lease: Lease,
  limit: number,
): Promise<Claimed[]> {
  const { rows } = await sql<Claimed>`
    with due as (
      select id, next_at from sandbox.deliveries
      where state = 'pending' and leased_until is null and next_at <= ${lease.now}
        and (endpoint <> 'app' or ${lease.toApp}::boolean)
      order by next_at, id limit ${limit} for update skip locked
    ), leased as (
      update sandbox.deliveries d set leased_until = ${lease.until}, leased_by = ${lease.session}
      from due where d.id = due.id
      returning d.id, d.event_id, d.endpoint, d.attempts, d.next_at
    )
    select leased.id as delivery_id, leased.endpoint, leased.attempts, leased.next_at = to_timestamp(0) as fresh,
      e.id, e.created, e.type, e.lane, e.data::text as data, e.request_id, e.idempotency_key,
      (select count(*)::int from sandbox.deliveries p where p.event_id = e.id and p.state = 'pending') as pending_webhooks,
      o.data->>'url' as url, o.hidden->>'secret' as secret
    from leased join sandbox.events e on e.id = leased.event_id
      left join sandbox.objects o on o.id = leased.endpoint
    order by leased.id`.execute(tx)
  return rows
}

export interface Result {
  id: number
  state: DeliveryState
  next_at: Date
  /** null: it was not tried, only held back or dropped. */
  attempt: { at: Date; duration_ms: number; status: number | null; error: string | null } | null
}

/** Writes down what became of deliveries, many at once, and gives their leases back. */
export async function recordResults(tx: SandboxTransaction, results: Result[]): Promise<void> {
  const rows = results.map(({ attempt, ...result }) => ({ ...result, tried: attempt !== null, ...attempt }))
  await sql`
    with result as (
      select * from json_to_recordset(${JSON.stringify(rows)}) as r
        (id bigint, state text, next_at timestamptz, tried boolean, at timestamptz, duration_ms int, status int, error text)
    ), updated as (
      update sandbox.deliveries d set state = result.state, next_at = result.next_at, leased_until = null,
        leased_by = null, attempts = d.attempts + result.tried::int
      from result where d.id = result.id
    )
    insert into sandbox.delivery_attempts (delivery_id, at, duration_ms, status, error)
    select id, at, duration_ms, status, error from result where tried`.execute(tx)
}

/** Voids the leases of processes that are gone, and those that have run out by `now`, the machine's time. */
export async function freeLeases(tx: SandboxTransaction, now: Date): Promise<void> {
  await sql`
    update sandbox.deliveries set leased_until = null, leased_by = null
    where state = 'pending' and leased_until is not null
      and (leased_until <= ${now} or leased_by not in (select pid from pg_stat_activity))`.execute(tx)
}

/** Whether anything waits that was never tried; what is for the app counts only where its address is known. */
export async function hasUntried(tx: SandboxTransaction, toApp: boolean): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from sandbox.deliveries where state = 'pending' and leased_until is null and attempts = 0
        and (endpoint <> 'app' or ${toApp}::boolean)
    ) or exists (
      select from sandbox.deliveries where state = 'pending' and leased_until is not null and attempts = 0
    ) as found`.execute(tx)
  return rows[0]?.found ?? false
}
