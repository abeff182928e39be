import { randomUUID } from 'node:crypto'
import type { Transaction } from '../db/database.ts'
import type { NewMail, OutgoingMail } from './mail.ts'

/** Writes a mail into the outbox. Returns its id. */
export async function insertMail(tx: Transaction, mail: NewMail): Promise<string> {
  const id = randomUUID()
  await tx
    .insertInto('mails')
    .values({
      id,
      kind: mail.kind,
      address: mail.to,
      subject: mail.subject,
      body_text: mail.text,
      body_html: mail.html,
      secret: mail.secret ?? false,
      reader_id: mail.readerId ?? null,
      order_id: mail.orderId ?? null,
      queued_at: mail.at,
      useless_after: mail.uselessAfter ?? null,
    })
    .execute()
  return id
}

export interface Claim {
  mail: OutgoingMail
  uselessAfter: Date | null
}

/**
 * Takes a waiting mail for one process until `until`, and counts the attempt; real times. null when it has left, was
 * given up, or another process has it.
 */
export async function claimMail(db: Transaction, id: string, now: Date, until: Date): Promise<Claim | null> {
  const row = await db
    .updateTable('mails')
    .set((eb) => ({ claimed_until: until, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('given_up_at', 'is', null)
    .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', now)]))
    .returning(['id', 'address', 'subject', 'body_text', 'body_html', 'useless_after'])
    .executeTakeFirst()
  if (!row) return null
  const mail = {
    id,
    to: row.address,
    subject: row.subject,
    text: row.body_text ?? '',
    html: row.body_html ?? '',
  }
  return { mail, uselessAfter: row.useless_after }
}

/** Where a mail stands; null when there is none by that id. */
export async function findMailState(
  db: Transaction,
  id: string,
): Promise<'waiting' | 'sent' | 'given up' | null> {
  const row = await db
    .selectFrom('mails')
    .select(['sent_at', 'given_up_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  if (row.sent_at) return 'sent'
  return row.given_up_at ? 'given up' : 'waiting'
}

/** Ends a claim with the mail on its way; `at` is the publication's time. */
export async function markSent(db: Transaction, id: string, at: Date): Promise<void> {
  await endMail(db, id, { sent_at: at, last_error: null })
}

/** Ends a claim for good without the mail having left; `at` is the publication's time. */
export async function markGivenUp(db: Transaction, id: string, at: Date, reason: string): Promise<void> {
  await endMail(db, id, { given_up_at: at, last_error: reason })
}

async function endMail(
  db: Transaction,
  id: string,
  end: { sent_at?: Date; given_up_at?: Date; last_error: string | null },
): Promise<void> {
  await db
    .updateTable('mails')
    .set((eb) => ({
      ...end,
      claimed_until: null,
      body_text: eb.case().when(eb.ref('secret')).then(null).else(eb.ref('body_text')).end(),
      body_html: eb.case().when(eb.ref('secret')).then(null).else(eb.ref('body_html')).end(),
    }))
    .where('id', '=', id)
    .execute()
}

/** Ends a claim that failed, so that the next try need not wait for it to run out. */
export async function releaseMail(db: Transaction, id: string, reason: string): Promise<void> {
  await db
    .updateTable('mails')
    .set({ claimed_until: null, last_error: reason })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .execute()
}
