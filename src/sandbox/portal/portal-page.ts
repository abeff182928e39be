import { amountOf, formatAmount, formatInterval } from '../billing/amounts.ts'
import { currentPeriodEnd } from '../billing/next-moment.ts'
import { priceIn } from '../billing/price-in.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { FormValues, Problems } from '../pay/read-form.ts'
import { testCards } from '../payments/test-cards.ts'

export interface Attempt {
  values: FormValues
  problems: Problems
  message: string | null
}

/** What the portal shows a customer: what they are subscribed to, with what they pay, and what they have paid. */
export async function portalPage(work: Work, session: Shapes['billing_portal.session'], attempt: Attempt) {
  const { customer } = session
  const subscriptions = await work.list('subscription', { customer })
  const invoices = await work.list('invoice', { customer }, 24)
  const living = subscriptions.map((one) => one.data).filter((one) => one.status !== 'incomplete_expired')
  return {
    id: session.id,
    flow: session.flow?.type ?? null,
    email: (await work.find('customer', customer))?.data.email ?? '',
    returnUrl: session.return_url,
    subscriptions: await Promise.all(living.map((one) => describe(work, one))),
    card: await cardOf(work, customer, living),
    invoices: invoices.map(({ data }) => ({
      number: data.number ?? 'Draft',
      date: day(data.created),
      total: formatAmount(data.total, data.currency),
      status: data.status ?? '',
    })),
    cards: testCards
      .filter((card) => card.brand === 'visa')
      .slice(0, 3)
      .map((card) => card.number),
    ...attempt,
  }
}

async function describe(work: Work, subscription: Shapes['subscription']) {
  const items = await Promise.all(
    subscription.items.data.map(async ({ price, quantity }) => {
      const product = await work.find('product', price.product)
      const { currency } = subscription
      const own = await priceIn(work, price, currency, 'items')
      const amount = formatAmount(amountOf(own, quantity ?? 1), currency)
      return `${product?.data.name ?? price.product}, ${amount} every ${formatInterval(price)}`
    }),
  )
  const ended = subscription.status === 'canceled'
  return {
    id: subscription.id,
    name: items.join('; '),
    status: subscription.status.replace('_', ' '),
    ended,
    ends: subscription.cancel_at === null ? null : day(subscription.cancel_at),
    next: ended ? null : day(currentPeriodEnd(subscription)),
  }
}

async function cardOf(
  work: Work,
  customer: string,
  living: Shapes['subscription'][],
): Promise<string | null> {
  const stored = await work.find('customer', customer)
  const own = living.find((one) => one.status !== 'canceled')?.default_payment_method
  const method = await work.find(
    'payment_method',
    own ?? stored?.data.invoice_settings.default_payment_method ?? '',
  )
  const card = method?.data.card
  return card ? `${card.brand} ending in ${card.last4}, expires ${card.exp_month}/${card.exp_year}` : null
}

function day(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(seconds * 1000)
}
