import { newId } from '../objects/ids.ts'
import type { Metadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { DraftLine } from './draft.ts'
import { findPriceIn } from './price-in.ts'

type InvoiceItem = Shapes['invoiceitem']

export interface NewInvoiceItem {
  customer: string
  currency: string
  /** Minor units of all of it; negative for a credit. */
  amount: number
  quantity: number
  price: Shapes['price'] | null
  description: string | null
  period: { start: number; end: number }
  proration: boolean
  discountable: boolean
  metadata: Metadata
  subscription: string | null
  subscriptionItem: string | null
  /** The draft that it is put on; null: it waits for the next invoice. */
  invoice: string | null
}

/** Adds an item that will be on an invoice, and tells of it. Its customer must have been taken. */
export function addInvoiceItem(work: Work, given: NewInvoiceItem): InvoiceItem {
  const { price, subscription } = given
  const item: InvoiceItem = {
    id: newId('ii_'),
    object: 'invoiceitem',
    amount: given.amount,
    currency: given.currency,
    customer: given.customer,
    customer_account: null,
    date: work.now,
    description: given.description,
    discountable: given.discountable,
    discounts: [],
    invoice: given.invoice,
    livemode: false,
    metadata: given.metadata,
    parent: subscription
      ? {
          subscription_details: {
            subscription,
            ...(given.subscriptionItem ? { subscription_item: given.subscriptionItem } : {}),
          },
          type: 'subscription_details',
        }
      : null,
    period: given.period,
    pricing: price && {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    proration: given.proration,
    quantity: given.quantity,
    quantity_decimal: String(given.quantity),
    tax_rates: [],
    test_clock: null,
  }
  work.put('invoiceitem', item, {})
  work.tell('invoiceitem.created', item)
  if (!given.invoice) work.hide('customer', given.customer, { itemsWait: true })
  return item
}

/** The items that wait for the next invoice of a customer: those of this subscription, and those of none. */
export async function waitingItems(
  work: Work,
  customer: string,
  subscription: string | null,
): Promise<InvoiceItem[]> {
  // Most customers never have one: the mark saves a search at each renewal.
  if (!(await work.find('customer', customer))?.hidden.itemsWait) return []
  const items = await work.list('invoiceitem', { customer })
  return items
    .map((item) => item.data)
    .filter((item) => {
      const of = item.parent?.subscription_details?.subscription ?? null
      return item.invoice === null && (of === null || of === subscription)
    })
    .reverse()
}

/** The line that an item becomes. */
export async function lineOfItem(work: Work, item: InvoiceItem): Promise<DraftLine> {
  const price = item.pricing?.price_details?.price
  const stored = price ? await work.find('price', price) : null
  return {
    description: item.description ?? '',
    amount: item.amount,
    quantity: item.quantity,
    price: stored && (await findPriceIn(work, stored.data, item.currency)),
    period: item.period,
    proration: item.proration,
    subscriptionItem: item.parent?.subscription_details?.subscription_item ?? null,
    invoiceItem: item.id,
    metadata: item.metadata ?? {},
    discountable: item.discountable,
  }
}
