import type { Work } from '../objects/work.ts'
import { subscriptionOf } from './collect-invoice.ts'
import { recoverSubscription } from './recover-subscription.ts'
import { settleInvoice } from './settle-invoice.ts'

/** What follows when a payment intent has succeeded over the API: the invoice that waited for it is paid. */
export async function afterPayment(work: Work, intent: string): Promise<void> {
  const [payment] = await work.list('invoice_payment', { payment_intent: intent, status: 'open' })
  const invoice = payment ? await work.take('invoice', payment.data.invoice) : null
  if (invoice?.data.status !== 'open') return
  await settleInvoice(work, invoice.data.id)
  const subscription = await subscriptionOf(work, invoice.data)
  if (subscription) recoverSubscription(work, subscription.id)
}
