import type { Clock } from '../clock.ts'
import type { Transaction } from '../db/database.ts'
import type { NewMail } from './mail.ts'
import { insertMail } from './store.ts'

export const deliverMailJob = 'deliver-mail'

/** How long the job leaves the first try to the process that queued the mail. */
const headStartMs = 20_000

/** As `src/jobs/queue-job.ts` exports it. */
export type QueueJob = (
  tx: Transaction,
  name: string,
  payload: object,
  options: { runAt?: Date },
) => Promise<void>

/** Writes `mail` into the outbox and queues the job that sends it, both in `tx`. Returns the mail's id. */
export async function queueMail(
  tx: Transaction,
  queueJob: QueueJob,
  realClock: Clock,
  mail: NewMail,
): Promise<string> {
  const mailId = await insertMail(tx, mail)
  const runAt = new Date(realClock().getTime() + headStartMs)
  await queueJob(tx, deliverMailJob, { mailId }, mail.delivering ? { runAt } : {})
  return mailId
}
