import type { Hidden } from '../objects/hidden.ts'
import type { Shapes } from '../objects/shapes.ts'

/** The next moment at which time alone changes an invoice, in seconds; null: never. */
export function nextInvoiceMoment(invoice: Shapes['invoice'], hidden: Hidden<'invoice'>): number | null {
  if (invoice.status === 'draft') return invoice.automatically_finalizes_at
  if (invoice.status !== 'open') return null
  return invoice.next_payment_attempt ?? overdueAt(invoice, hidden)
}

/** When an invoice that was sent counts as not paid in time, in seconds; null: it does not, or that was told. */
export function overdueAt(invoice: Shapes['invoice'], hidden: Hidden<'invoice'>): number | null {
  return hidden.overdue || invoice.collection_method !== 'send_invoice' ? null : invoice.due_date
}
