import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { appliedDiscounts } from './discounts.ts'
import type { Draft, DraftLine, Invoice, InvoiceLine } from './draft.ts'
import { lineOfItem } from './invoice-items.ts'
import { type PricedLine, priceLines } from './price-lines.ts'

/** Adds a draft and tells of it. */
export async function draftInvoice(work: Work, draft: Draft): Promise<Invoice> {
  const invoice = await composeInvoice(work, newId('in_'), draft)
  for (const item of draft.items ?? []) {
    await work.take('invoiceitem', item.id)
    work.change('invoiceitem', item.id, { invoice: invoice.id })
  }
  work.put('invoice', invoice, { intent: null, payment: null, firstFailure: null })
  work.tell('invoice.created', invoice)
  return invoice
}

/** The invoice that a draft comes to, without keeping it: a preview is one that never was. */
export async function composeInvoice(work: Work, id: string, draft: Draft): Promise<Invoice> {
  const customer = await work.find('customer', draft.customer)
  if (!customer) throw new Error(`customer ${draft.customer} is gone`)
  const waited = await Promise.all((draft.items ?? []).map((item) => lineOfItem(work, item)))
  const drafted = [...waited, ...draft.lines]
  const country = draft.automaticTax ? (customer.data.address?.country ?? null) : null
  const priced = priceLines(drafted.map(toPrice), await appliedDiscounts(work, draft.discounts), country)
  const lines = drafted.map((line, index) => lineOf(id, draft, line, priced[index]))
  const sum = (of: (line: PricedLine) => number) => priced.reduce((total, line) => total + of(line), 0)
  const total = sum((line) => line.total)
  const tax = sum((line) => line.tax?.amount ?? 0)
  const exclusiveTax = sum((line) => (line.tax && !line.tax.rate.inclusive ? line.tax.amount : 0))
  return {
    ...(await blankInvoice(work, id, draft, customer.data)),
    amount_due: Math.max(total, 0),
    amount_remaining: Math.max(total, 0),
    lines: { object: 'list', data: lines, has_more: false, url: `/v1/invoices/${id}/lines` },
    subtotal: sum((line) => line.subtotal),
    subtotal_excluding_tax: sum((line) => line.subtotal) - (tax - exclusiveTax),
    total,
    total_discount_amounts: draft.discounts.map((discount) => ({
      amount: sum((line) => line.discounts.find((one) => one.id === discount)?.amount ?? 0),
      discount,
    })),
    total_excluding_tax: total - tax,
    total_taxes: totalTaxes(priced),
  }
}

function toPrice(line: DraftLine) {
  return {
    subtotal: line.amount,
    product: line.price?.product ?? '',
    taxInclusive: line.price?.tax_behavior === 'inclusive',
    discountable: line.discountable ?? !line.proration,
  }
}

function lineOf(invoice: string, draft: Draft, line: DraftLine, priced: PricedLine | undefined): InvoiceLine {
  const subscription = draft.subscription?.id ?? null
  return {
    id: newId('il_'),
    object: 'line_item',
    amount: line.amount,
    currency: draft.currency,
    description: line.description,
    discount_amounts: (priced?.discounts ?? []).map(({ id, amount }) => ({ amount, discount: id })),
    discountable: line.discountable ?? !line.proration,
    discounts: [],
    invoice,
    livemode: false,
    metadata: line.metadata,
    parent: parentOf(line, subscription),
    period: line.period,
    pretax_credit_amounts: [],
    pricing: line.price && {
      price_details: { price: line.price.id, product: line.price.product },
      type: 'price_details',
      unit_amount_decimal: line.price.unit_amount_decimal,
    },
    quantity: line.quantity,
    quantity_decimal: String(line.quantity),
    subscription,
    subtotal: line.amount,
    taxes: priced?.tax ? [taxOf(priced.tax)] : [],
  }
}

function parentOf(line: DraftLine, subscription: string | null): InvoiceLine['parent'] {
  const proration_details = line.proration ? { credited_items: null } : null
  if (line.subscriptionItem) {
    return {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: line.invoiceItem,
        proration: line.proration,
        proration_details,
        subscription,
        subscription_item: line.subscriptionItem,
      },
      type: 'subscription_item_details',
    }
  }
  return {
    invoice_item_details: {
      invoice_item: line.invoiceItem ?? '',
      proration: line.proration,
      proration_details,
      subscription,
    },
    subscription_item_details: null,
    type: 'invoice_item_details',
  }
}

type Tax = NonNullable<InvoiceLine['taxes']>[number]

function taxOf(tax: NonNullable<PricedLine['tax']>): Tax {
  return {
    amount: tax.amount,
    tax_behavior: tax.rate.inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: tax.rate.id },
    taxability_reason: 'standard_rated',
    taxable_amount: tax.taxable,
    type: 'tax_rate_details',
  }
}

/** One entry for each rate. */
function totalTaxes(priced: PricedLine[]): Tax[] {
  const byRate = new Map<string, Tax>()
  for (const { tax } of priced) {
    if (!tax) continue
    const one = taxOf(tax)
    const sum = byRate.get(tax.rate.id)
    byRate.set(tax.rate.id, {
      ...one,
      amount: one.amount + (sum?.amount ?? 0),
      taxable_amount: (one.taxable_amount ?? 0) + (sum?.taxable_amount ?? 0),
    })
  }
  return [...byRate.values()]
}

/** An invoice with everything but its amounts and lines. */
async function blankInvoice(work: Work, id: string, draft: Draft, customer: Shapes['customer']) {
  const { subscription } = draft
  return {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Newsstand sandbox',
    account_tax_ids: null,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: {
      disabled_reason: null,
      enabled: draft.automaticTax,
      liability: draft.automaticTax ? { type: 'self' } : null,
      provider: draft.automaticTax ? 'stripe' : null,
      status: draft.automaticTax ? 'complete' : null,
    },
    automatically_finalizes_at: draft.finalizesAt,
    billing_reason: draft.reason,
    collection_method: draft.collectionMethod ?? 'charge_automatically',
    created: work.now,
    currency: draft.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: customer.shipping,
    customer_tax_exempt: customer.tax_exempt ?? 'none',
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: draft.description ?? null,
    discounts: draft.discounts,
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    livemode: false,
    metadata: draft.metadata ?? {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
          type: 'subscription_details',
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: draft.period.end,
    period_start: draft.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    test_clock: null,
    total_pretax_credit_amounts: [],
    webhooks_delivered_at: null,
  } satisfies Partial<Invoice>
}
