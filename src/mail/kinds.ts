/** The mails that the house sends, each with what its templates `views/mail/<kind>.ejs` and `.text.ejs` receive. */
export interface MailModels {
  code: CodeMail
  receipt: ReceiptMail
  duplicate: DuplicateMail
  'payment-failed': PaymentFailedMail
}

export type MailKind = keyof MailModels

/**
 * The mail with which a reader signs in. Its code is its only number of six digits, so nothing else that may hold one
 * (an address, a path, an id) belongs in it.
 */
export interface CodeMail {
  publication: string
  code: string
  /** Where the code is already filled in; opening it does nothing yet. */
  link: string
  /** How long the code can be used. */
  minutes: number
}

/** The receipt of a paid order. Amounts and dates arrive formatted; null where there is none. */
export interface ReceiptMail {
  publication: string
  orderNumber: string
  placed: string
  lines: { name: string; per: string; quantity: number; total: string }[]
  subtotal: string
  discount: string | null
  tax: string | null
  total: string
  orderUrl: string
  /** What can be read now. */
  opens: string[]
  /** The date of the next payment. */
  renews: string | null
  /** Name and address of who sold it, one line. */
  seller: string
  /** Empty where nothing renews. */
  howToCancel: string
}

/**
 * To a reader who paid for what they had. How long a refund takes: https://support.stripe.com/questions/customer-refund-processing-time
 * (read 2026-11-22).
 */
export interface DuplicateMail {
  publication: string
  orderNumber: string
  /** Names of what was bought twice, and of what else the order holds. */
  twice: string[]
  kept: string[]
  /** Whether what was bought twice would have renewed. */
  renewed: boolean
  /** What goes back to where it was paid from, formatted; null: nothing had been charged. */
  amount: string | null
  /** What goes back to the reader's credit at Stripe, formatted; null: it paid nothing. */
  credit: string | null
  /** "Visa ending in 4242"; null: not known. */
  card: string | null
  orderUrl: string
  accountUrl: string
  /** Name and address of who sold it, one line. */
  seller: string
}

/** A slow bank did not pay for an order. The amount arrives formatted. */
export interface PaymentFailedMail {
  publication: string
  orderNumber: string
  /** The names of what was ordered. */
  lines: string[]
  total: string
  cartUrl: string
  plansUrl: string
}
