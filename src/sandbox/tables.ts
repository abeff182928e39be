import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Database, Transaction } from '../db/database.ts'

/** The sandbox's tables; see migrations/0001-objects.sql for what the columns mean. */
export interface SandboxTables {
  objects: {
    id: string
    kind: string
    seq: Generated<number>
    created: number
    deleted: Generated<boolean>
    due_at: number | null
    refs: string[]
    data: JSONColumnType<object>
    hidden: JSONColumnType<object>
  }
  events: {
    id: string
    seq: Generated<number>
    created: number
    type: string
    object_id: string | null
    lane: string | null
    data: JSONColumnType<EventData>
    request_id: string | null
    idempotency_key: string | null
  }
  deliveries: {
    id: Generated<number>
    event_id: string
    endpoint: string
    state: DeliveryState
    attempts: Generated<number>
    next_at: Date
    leased_until: Date | null
    leased_by: number | null
  }
  delivery_attempts: {
    id: Generated<number>
    delivery_id: number
    at: Date
    duration_ms: number
    status: number | null
    error: string | null
  }
  idempotency_keys: {
    key: string
    method: string
    path: string
    fingerprint: string
    request_id: string
    status: number
    body: string
    created_at: Date
  }
  clock: { only_row: Generated<boolean>; offset_ms: number; version: number }
  clock_listeners: { id: string; session: number; name: string; acknowledged_version: number }
  account_settings: { only_row: Generated<boolean>; settings: ColumnType<object, string, string> }
  faults: { only_row: Generated<boolean>; settings: ColumnType<object, string, string> }
  mails: {
    id: Generated<number>
    sender: string
    recipient: string
    subject: string
    text: string
    html: string
    at: Date
  }
}

export interface EventData {
  object: object
  previous_attributes?: object
}
export type DeliveryState = 'pending' | 'delivered' | 'given_up' | 'dropped'
export type SandboxDatabase = Database<SandboxTables>
export type SandboxTransaction = Transaction<SandboxTables>
