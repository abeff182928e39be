import type { Work } from '../objects/work.ts'
import { changeBalance } from './change-balance.ts'
import type { Invoice } from './draft.ts'

/** Ends an invoice (taken) that will not be paid, and tells of it. Voiding it gives back the credit that it used. */
export async function endInvoice(work: Work, id: string, status: 'void' | 'uncollectible'): Promise<Invoice> {
  const invoice = work.held('invoice', id)
  if (status === 'void') await returnBalance(work, invoice)
  const { status_transitions } = invoice
  const at = status === 'void' ? { voided_at: work.now } : { marked_uncollectible_at: work.now }
  const ended = work.change('invoice', id, {
    auto_advance: false,
    next_payment_attempt: null,
    status,
    status_transitions: { ...status_transitions, ...at },
    ...(status === 'void' ? { amount_remaining: 0 } : {}),
  })
  work.tell(status === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible', ended)
  return ended
}

/** https://docs.stripe.com/changelog/2019-12-03/customer-balances-returned-voided-invoices, read 2026-11-22. */
async function returnBalance(work: Work, invoice: Invoice): Promise<void> {
  const { id, currency, starting_balance, ending_balance } = invoice
  const amount = starting_balance - (ending_balance ?? starting_balance)
  const customer = invoice.customer ? await work.take('customer', invoice.customer) : null
  if (amount === 0 || !customer || customer.deleted) return
  changeBalance(work, customer.data.id, { amount, currency, type: 'unapplied_from_invoice', invoice: id })
}
