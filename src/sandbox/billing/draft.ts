import type { Metadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'

export type Invoice = Shapes['invoice']
export type InvoiceLine = Invoice['lines']['data'][number]

export interface DraftLine {
  description: string
  /** Minor units, before discounts and tax; negative for a credit. */
  amount: number
  quantity: number
  /** null: an amount that stands for itself. */
  price: Shapes['price'] | null
  period: { start: number; end: number }
  proration: boolean
  subscriptionItem: string | null
  invoiceItem: string | null
  metadata: Metadata
  discountable?: boolean
}

export interface Draft {
  customer: string
  currency: string
  subscription: Shapes['subscription'] | null
  reason: NonNullable<Invoice['billing_reason']>
  lines: DraftLine[]
  /** Invoice items that have waited for this invoice; they come first. */
  items?: Shapes['invoiceitem'][]
  discounts: string[]
  automaticTax: boolean
  /** What the invoice itself covers: for a renewal the period that has passed. */
  period: { start: number; end: number }
  /** When time will finalize it, in seconds; null: when it is told to. */
  finalizesAt: number | null
  metadata?: Metadata
  description?: string | null
  collectionMethod?: Invoice['collection_method']
}
