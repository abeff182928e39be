/** The mails that the house sends, each with what its templates `views/mail/<kind>.ejs` and `.text.ejs` receive. */
export interface MailModels {
  code: CodeMail
  receipt: ReceiptMail
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
