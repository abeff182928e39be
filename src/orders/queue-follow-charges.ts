import type { Transaction } from '../db/database.ts'
import { queueJob } from '../jobs/queue-job.ts'

/** After the commit, Stripe is asked for the fee of what was paid: its event may have come before there was an order. */
export async function queueFollowCharges(tx: Transaction, paymentIntentId: string): Promise<void> {
  await queueJob(tx, 'follow-charges', { paymentIntentId }, { key: `follow-charges:${paymentIntentId}` })
}
