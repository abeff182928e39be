import type { ColumnType, Generated } from 'kysely'

export interface EventTables {
  events: {
    id: string
    type: string
    created_at: Date
    livemode: boolean
    payload: ColumnType<unknown, string, never>
    received_at: Date
    state: 'received' | 'applied' | 'ignored' | 'failed'
    attempts: Generated<number>
    next_attempt_at: Date | null
    applied_at: Date | null
    note: string | null
  }
  inbox_progress: { only_one: Generated<boolean>; complete_until: Date }
  drift: {
    id: string
    kind: string
    subject: string
    order_id: string | null
    stripe_says: string
    we_say: string
    fix: string
    found_at: Date
    closed_at: Date | null
    closed_by: string | null
    closed_how: string | null
    mending_until: Date | null
    last_error: string | null
  }
  comparisons: {
    id: string
    asked_by: string | null
    started_at: Date
    as_of: Date
    stage: string
    place: string | null
    looked_at: Generated<number>
    found: Generated<number>
    closed: Generated<number>
    claim: string | null
    claimed_until: Date | null
    last_error: string | null
    finished_at: Date | null
  }
  comparison_seen: { comparison_id: string; stripe_id: string }
  comparison_suspects: { comparison_id: string; kind: string; subject: string }
}
