import type { Clock } from '../clock.ts'
import type { Database, Transaction } from '../db/database.ts'
import { type Delivery, deliverMail } from './deliver-mail.ts'
import type { NewMail, Sender } from './mail.ts'
import { deliverMailJob, type QueueJob, queueMail } from './queue-mail.ts'
import { openMailTemplates, type RenderMail } from './render-mail.ts'

export interface OutboxOptions {
  db: Database
  sender: Sender
  /** `queueJob` of the jobs folder, a neighbour that this one may not import. */
  queueJob: QueueJob
  /** The folder with the mails' templates. */
  templates: string
  /** The publication's time, for what staff read. */
  clock: Clock
  /** The machine's time, for claims and retries. */
  realClock: Clock
}

export interface Outbox {
  /** A mail of one kind, as text and HTML. */
  renderMail: RenderMail
  /** Writes a mail and queues its job in `tx`: it leaves if and only if the transaction commits. Returns its id. */
  queueMail: (tx: Transaction, mail: NewMail) => Promise<string>
  /** Sends a queued mail now, in this process. See `deliverMail`. */
  deliverMail: (id: string) => Promise<Delivery>
  /** The handlers that `startJobs` needs. */
  handlers: Record<string, (payload: unknown) => Promise<void>>
}

/** The outbox over one sender. */
export function openOutbox(options: OutboxOptions): Outbox {
  const deliver = (id: string) => deliverMail(options, id)
  return {
    renderMail: openMailTemplates(options.templates),
    queueMail: (tx, mail) => queueMail(tx, options.queueJob, options.realClock, mail),
    deliverMail: deliver,
    handlers: { [deliverMailJob]: (payload) => runDeliverMail(payload, deliver) },
  }
}

async function runDeliverMail(payload: unknown, deliver: (id: string) => Promise<Delivery>): Promise<void> {
  const delivery = await deliver(mailIdOf(payload))
  // Were this job done now, nobody would take over from a process that dies while it sends.
  if (delivery === 'underway') throw new Error('another process is sending this mail')
}

function mailIdOf(payload: unknown): string {
  if (typeof payload === 'object' && payload !== null && 'mailId' in payload) return String(payload.mailId)
  throw new TypeError(`a ${deliverMailJob} job without mailId`)
}
