import type { Work } from '../objects/work.ts'
import { subscriptionOf } from './collect-invoice.ts'
import { noteProcessing } from './note-processing.ts'
import { postponeInvoice } from './postpone-invoice.ts'
import { recoverSubscription } from './recover-subscription.ts'
import { settleInvoice } from './settle-invoice.ts'

/** What follows when a payment intent has succeeded over the API: the invoice that waited for it is paid. */
export async function afterPayment(work: Work, intent: string): Promise<void> {
  const invoice = await invoiceWaitingFor(work, intent)
  if (!invoice) return
  await settleInvoice(work, invoice.id)
  const subscription = await subscriptionOf(work, invoice)
  if (subscription) recoverSubscription(work, subscription.id)
}

/** What follows when a payment intent began to process over the API. */
export async function afterProcessing(work: Work, intent: string): Promise<void> {
  const invoice = await invoiceWaitingFor(work, intent)
  if (invoice) noteProcessing(work, invoice.id, await subscriptionOf(work, invoice))
}

/** What follows when a debit has ended: its invoice is paid, or has failed to be and is tried again later. */
export async function afterDebit(work: Work, intent: string, paid: boolean): Promise<void> {
  if (paid) return afterPayment(work, intent)
  const invoice = await invoiceWaitingFor(work, intent)
  if (invoice) await postponeInvoice(work, invoice.id, await subscriptionOf(work, invoice))
}

async function invoiceWaitingFor(work: Work, intent: string) {
  const [payment] = await work.list('invoice_payment', { payment_intent: intent, status: 'open' })
  const invoice = payment ? await work.take('invoice', payment.data.invoice) : null
  return invoice?.data.status === 'open' ? invoice.data : null
}
