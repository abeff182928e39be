import type { Buyer, CardMeans, Means } from '../checkout/pay-session.ts'
import type { Shapes } from '../objects/shapes.ts'
import { type DebitType, findTestAccount, routingNumber } from '../payments/test-accounts.ts'
import { findTestCard, isCardNumber, type TestCard } from '../payments/test-cards.ts'

export type FormValues = Record<string, string>
type CardField = 'card_number' | 'exp' | 'cvc'
type AccountField = 'account_number' | 'routing_number' | 'iban'
export type Problems = Partial<
  Record<'email' | 'customer_email' | CardField | AccountField | 'name' | 'country' | 'terms', string>
>

/** What a session asks its buyer for. */
export interface Demands {
  email: string | null
  /** Whether it can be paid with a card, and which account may be debited instead; null: none. */
  card: boolean
  debit: DebitType | null
  terms: boolean
  country: boolean
  /** Seconds, by which cards expire. */
  now: number
}

/** With what an open session can be paid: with nothing, unless there is something to pay now or a subscription will want money later. */
export function demandsOf(session: Shapes['checkout.session'], email: string | null, now: number): Demands {
  const later = session.mode !== 'payment' && session.payment_method_collection === 'always'
  const pays = (session.amount_total ?? 0) > 0 || later
  const can = (type: string) => pays && session.payment_method_types.includes(type)
  return {
    email,
    card: can('card'),
    debit: can('us_bank_account') ? 'us_bank_account' : can('sepa_debit') ? 'sepa_debit' : null,
    terms: session.consent_collection?.terms_of_service === 'required',
    country: session.automatic_tax.enabled || session.billing_address_collection === 'required',
    now,
  }
}

/** The text fields of a posted form; anything else counts as empty. */
export function formValues(body: unknown): FormValues {
  const entries = Object.entries(Object(body)).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.trim() : '',
  ])
  return Object.fromEntries(entries)
}

/** What the buyer typed, or what is wrong with it, by field. */
export function readForm(values: FormValues, demands: Demands): { buyer: Buyer } | { problems: Problems } {
  const problems: Problems = {}
  // A wallet may give another address than the one that the session was made with.
  const email = values.email || demands.email || ''
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
    problems.email = 'Enter your e-mail address, such as alice@example.com.'
  if (demands.terms && values.terms !== 'on') problems.terms = 'Accept the terms to go on.'
  if (demands.country && !/^[A-Z]{2}$/.test(values.country ?? '')) problems.country = 'Choose your country.'
  const means = readMeans(values, demands, problems)
  if ((demands.card || demands.debit) && !values.name)
    problems.name = `Enter the name on the ${paysByDebit(values, demands) ? 'account' : 'card'}.`
  if (Object.keys(problems).length > 0) return { problems }
  return {
    buyer: {
      email,
      name: values.name || null,
      country: values.country || null,
      postalCode: values.postal_code || null,
      termsAccepted: values.terms === 'on',
      promotionsAccepted: values.promotions === 'on',
      means,
    },
  }
}

/** Whether the buyer chose to have an account debited. */
export function paysByDebit(values: FormValues, demands: Demands): boolean {
  return demands.debit !== null && (!demands.card || values.pay_with === demands.debit)
}

function readMeans(values: FormValues, demands: Demands, problems: Problems): Means | null {
  if (demands.debit && paysByDebit(values, demands)) return readAccount(values, demands.debit, problems)
  return demands.card ? readCard(values, demands.now, problems) : null
}

function readAccount(values: FormValues, type: DebitType, problems: Problems): Means | null {
  const name = type === 'sepa_debit' ? 'iban' : 'account_number'
  const account = findTestAccount(type, values[name] ?? '')
  if (!account)
    problems[name] = 'This is none of the test accounts listed below. Never type a real account here.'
  if (type === 'us_bank_account' && values.routing_number !== routingNumber)
    problems.routing_number = `Enter the test routing number, ${routingNumber}.`
  return account && { account }
}

/** The card fields alone, or what is wrong with them; `now` in seconds. */
export function readCardForm(values: FormValues, now: number): { card: CardMeans } | { problems: Problems } {
  const problems: Problems = {}
  const card = readCard(values, now, problems)
  return card && Object.keys(problems).length === 0 ? { card } : { problems }
}

function readCard(values: FormValues, now: number, problems: Problems): CardMeans | null {
  const card = readNumber(values.card_number ?? '', problems)
  const expiry = readExpiry(values.exp ?? '', now, problems)
  const wanted = card?.brand === 'amex' ? 4 : 3
  if (!/^\d{3,4}$/.test(values.cvc ?? '') || (values.cvc ?? '').length < wanted) {
    problems.cvc = `Enter the security code: ${wanted} digits.`
  }
  return card && expiry ? { card, ...expiry } : null
}

function readNumber(text: string, problems: Problems): TestCard | null {
  const number = text.replaceAll(/[\s-]/g, '')
  if (number === '') problems.card_number = 'Enter a card number.'
  else if (!isCardNumber(number)) problems.card_number = 'This is no card number: a digit must be wrong.'
  else if (!findTestCard(number)) {
    problems.card_number = 'This card is not one of the test cards listed below. Never type a real card here.'
  }
  return problems.card_number ? null : findTestCard(number)
}

function readExpiry(
  text: string,
  now: number,
  problems: Problems,
): { expMonth: number; expYear: number } | null {
  const match = /^(\d{1,2})\s*[/ -]?\s*(\d{2}|\d{4})$/.exec(text)
  const expMonth = Number(match?.[1])
  const expYear = Number(match?.[2]) + (match?.[2]?.length === 2 ? 2000 : 0)
  if (!match || expMonth < 1 || expMonth > 12) {
    problems.exp = 'Enter the date as month and year, such as 12/34.'
    return null
  }
  if (Date.UTC(expYear, expMonth, 1) <= now * 1000) {
    problems.exp = 'This card has expired.'
    return null
  }
  if (expYear > new Date(now * 1000).getUTCFullYear() + 50) {
    problems.exp = 'This date is too far in the future.'
    return null
  }
  return { expMonth, expYear }
}
