import type { Work } from '../objects/work.ts'
import type { Invoice } from './draft.ts'

/** Marks an open invoice as paid, by the intent it names or because it asks for nothing, and tells of it. */
export async function settleInvoice(work: Work, id: string): Promise<Invoice> {
  const stored = await work.take('invoice', id)
  if (!stored) throw new Error(`invoice ${id} is gone`)
  const before = stored.data
  const charged = before.amount_due > 0
  const paid = work.change('invoice', id, {
    amount_paid: before.amount_due,
    amount_remaining: 0,
    attempt_count: before.attempt_count + (charged ? 1 : 0),
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...before.status_transitions, paid_at: work.now },
  })
  if (stored.hidden.payment) await settlePayment(work, stored.hidden.payment, before.amount_due)
  work.tell('invoice.updated', paid, before)
  work.tell('invoice.paid', paid)
  work.tell('invoice.payment_succeeded', paid)
  return paid
}

async function settlePayment(work: Work, id: string, amount: number): Promise<void> {
  const payment = await work.take('invoice_payment', id)
  if (!payment) return
  const status_transitions = { ...payment.data.status_transitions, paid_at: work.now }
  work.tell(
    'invoice_payment.paid',
    work.change('invoice_payment', id, { amount_paid: amount, status: 'paid', status_transitions }),
  )
}
