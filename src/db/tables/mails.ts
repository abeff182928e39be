import type { Generated } from 'kysely'

export interface MailTables {
  mails: {
    id: string
    kind: string
    address: string
    subject: string
    body_text: string | null
    body_html: string | null
    secret: boolean
    reader_id: string | null
    order_id: string | null
    queued_at: Date
    sent_at: Date | null
    given_up_at: Date | null
    useless_after: Date | null
    claimed_until: Date | null
    attempts: Generated<number>
    last_error: string | null
  }
}
