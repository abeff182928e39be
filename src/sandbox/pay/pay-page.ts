import { formatAmount, formatInterval } from '../billing/amounts.ts'
import { taxedCountries } from '../billing/tax-rates.ts'
import { couponsOf, ownPrice, priceSession } from '../checkout/session-lines.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { type DebitType, debitTypes, testAccounts } from '../payments/test-accounts.ts'
import { type TestCard, testCards } from '../payments/test-cards.ts'
import { demandsOf, type FormValues, type Problems, paysByDebit } from './read-form.ts'

export interface Attempt {
  values: FormValues
  problems: Problems
  /** What the bank said, or what became of a code; null: nothing yet. */
  message: string | null
}

/** What the payment page shows of an open session. */
export async function payPage(work: Work, stored: Stored<'checkout.session'>, attempt: Attempt) {
  const { data: session, hidden } = stored
  const customer = session.customer ? await work.find('customer', session.customer) : null
  const country = attempt.values.country || customer?.data.address?.country || null
  const { lines, sums } = await priceSession(work, session, hidden, country)
  const units = await Promise.all(lines.map((line) => ownPrice(work, line)))
  const currency = session.currency ?? 'usd'
  const email = customer?.data.email ?? session.customer_email
  const demands = demandsOf({ ...session, ...sums }, email, work.now)
  const amount = (minor: number | null | undefined) => formatAmount(minor ?? 0, currency)
  return {
    id: session.id,
    lines: lines.map((line, index) => ({
      name: line.description ?? '',
      quantity: line.quantity ?? 1,
      per: line.price ? formatInterval(line.price) : null,
      unit: amount(units[index]?.unit_amount),
      total: amount(line.amount_subtotal),
    })),
    subtotal: amount(sums.amount_subtotal),
    discount: sums.total_details?.amount_discount ? amount(sums.total_details.amount_discount) : null,
    discountName: await discountName(work, session),
    tax: session.automatic_tax.enabled
      ? country
        ? amount(sums.total_details?.amount_tax)
        : 'Depends on your country'
      : null,
    total: amount(sums.amount_total),
    mode: session.mode,
    trialUntil: trialUntil(work, stored),
    promotions: session.allow_promotion_codes === true && !session.discounts,
    demands,
    marketing: session.consent_collection?.promotions === 'auto',
    customText: session.custom_text,
    submit: submitText(session, amount(sums.amount_total)),
    cancelUrl: session.cancel_url,
    countries: ['US', ...taxedCountries].map((code) => ({ code, name: countryName(code) })),
    debit: demands.debit ? debitOf(demands.debit) : null,
    debits: paysByDebit(attempt.values, demands),
    usualCards: testCards.filter((card) => usual.includes(card.number)).map(cardRow),
    cards: Object.entries(Object.groupBy(testCards, (card) => card.group)).map(([group, cards]) => ({
      group,
      cards: (cards ?? []).map(cardRow),
    })),
    ...attempt,
  }
}

function debitOf(type: DebitType) {
  return { type, name: debitTypes[type].name, accounts: testAccounts.filter((one) => one.type === type) }
}

async function discountName(work: Work, session: Shapes['checkout.session']): Promise<string | null> {
  const names = (await couponsOf(work, session)).map((coupon) => coupon.data.name ?? coupon.data.id)
  return names.length > 0 ? names.join(', ') : null
}

function trialUntil(work: Work, { hidden }: Stored<'checkout.session'>): string | null {
  const { trialDays, trialEnd } = hidden.subscriptionData
  const end = trialEnd ?? (trialDays === null ? null : work.now + trialDays * 86_400)
  return end === null
    ? null
    : new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(end * 1000)
}

const submitTexts: Record<string, string> = { book: 'Book', donate: 'Donate', subscribe: 'Subscribe' }

function submitText(session: Shapes['checkout.session'], total: string): string {
  if (session.mode === 'setup') return 'Save the card'
  if (session.mode === 'subscription')
    return session.amount_total === 0 ? 'Start trial' : `Subscribe for ${total}`
  return submitTexts[session.submit_type ?? 'pay'] ?? `Pay ${total}`
}

const regionNames = new Intl.DisplayNames('en', { type: 'region' })

function countryName(code: string): string {
  return regionNames.of(code) ?? code
}

/** The cards that are tried first: it works, it does not, the bank asks, it fails later. */
const usual = [
  '4242424242424242',
  '4000000000000002',
  '4000000000009995',
  '4000002500003155',
  '4000000000000341',
]

function cardRow({ number, label }: TestCard) {
  return { number, spaced: spaced(number), label }
}

/** As it is printed on a card: 4 4 4 4, on shorter ones 4 6 5. */
function spaced(number: string): string {
  return number.length < 16
    ? number.replace(/(.{4})(.{6})/, '$1 $2 ')
    : number.replaceAll(/(.{4})(?=.)/g, '$1 ')
}
