import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { addPaymentIntent } from '../payments/payment-intents.ts'
import { changeBalance } from './change-balance.ts'
import type { Invoice } from './draft.ts'
import { settleInvoice } from './settle-invoice.ts'

/**
 * Finalizes a draft (taken, and its customer too): it gets its number, uses the customer's balance, and the payment
 * intent it is to be paid by, which is `intent` where the money came first. One that asks for nothing is paid at once.
 */
export async function finalizeInvoice(
  work: Work,
  id: string,
  intent: string | null = null,
): Promise<Invoice> {
  const draft = work.held('invoice', id)
  const customer = await takeCustomer(work, draft)
  const balanced = applyBalance(work, draft, customer)
  const finalized = work.change('invoice', id, {
    ...balanced,
    attempted: balanced.amount_due === 0,
    automatically_finalizes_at: null,
    due_date: await dueDateOf(work, draft),
    effective_at: work.now,
    hosted_invoice_url: `${work.url}/invoices/${id}`,
    invoice_pdf: `${work.url}/invoices/${id}/pdf`,
    number: nextNumber(work, customer.id),
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: work.now },
  })
  work.tell('invoice.finalized', finalized)
  if (finalized.amount_due === 0) return settleInvoice(work, id)
  addInvoicePayment(work, finalized, intent ?? intentFor(work, finalized))
  return finalized
}

/** An invoice that is sent is due after its subscription's days, unless it says otherwise; seconds. */
async function dueDateOf(work: Work, draft: Invoice): Promise<number | null> {
  if (draft.due_date !== null || draft.collection_method !== 'send_invoice') return draft.due_date
  const id = draft.parent?.subscription_details?.subscription
  const subscription = id ? await work.find('subscription', id) : null
  return work.now + (subscription?.data.days_until_due ?? 30) * 86_400
}

async function takeCustomer(work: Work, invoice: Invoice): Promise<Shapes['customer']> {
  const customer = invoice.customer ? await work.take('customer', invoice.customer) : null
  if (!customer) throw new Error(`the customer of invoice ${invoice.id} is gone`)
  return customer.data
}

/** A negative balance is credit that lowers the invoice; a negative total becomes such credit. */
function applyBalance(work: Work, draft: Invoice, customer: Shapes['customer']) {
  const due = draft.total + customer.balance
  const ending = Math.min(due, 0)
  const amount = ending - customer.balance
  const { currency, id: invoice } = draft
  if (amount !== 0)
    changeBalance(work, customer.id, { amount, currency, type: 'applied_to_invoice', invoice })
  const amount_due = Math.max(due, 0)
  return {
    amount_due,
    amount_remaining: amount_due,
    starting_balance: customer.balance,
    ending_balance: ending,
  }
}

function nextNumber(work: Work, customerId: string): string {
  const customer = work.held('customer', customerId)
  const sequence = customer.next_invoice_sequence ?? 1
  work.change('customer', customerId, { next_invoice_sequence: sequence + 1 })
  return `${customer.invoice_prefix ?? 'SANDBOX'}-${String(sequence).padStart(4, '0')}`
}

function intentFor(work: Work, invoice: Invoice): string {
  const intent = addPaymentIntent(work, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description:
      invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
    ...(invoice.parent ? { setupFutureUsage: 'off_session' as const } : {}),
  })
  return intent.id
}

function addInvoicePayment(work: Work, invoice: Invoice, intent: string): void {
  const payment: Shapes['invoice_payment'] = {
    id: newId('inpay_'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: work.now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  }
  work.put('invoice_payment', payment, {})
  work.hide('invoice', invoice.id, { intent, payment: payment.id })
}
