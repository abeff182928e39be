import { amountOf, formatAmount, formatInterval } from '../billing/amounts.ts'
import { currentPeriodEnd } from '../billing/next-moment.ts'
import { findPriceIn, priceIn } from '../billing/price-in.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import type { FormValues, Problems } from '../pay/read-form.ts'
import { testCards } from '../payments/test-cards.ts'

type Configuration = Shapes['billing_portal.configuration']

export interface Attempt {
  values: FormValues
  problems: Problems
  message: string | null
}

/** What the portal shows a customer: what they are subscribed to, with what they pay, and what they have paid. */
export async function portalPage(work: Work, session: Shapes['billing_portal.session'], attempt: Attempt) {
  const { customer } = session
  const { features } = await configurationOf(work, session)
  const subscriptions = await work.list('subscription', { customer })
  const invoices = await work.list('invoice', { customer }, 24)
  const living = subscriptions.map((one) => one.data).filter((one) => one.status !== 'incomplete_expired')
  return {
    id: session.id,
    flow: session.flow?.type ?? null,
    email: (await work.find('customer', customer))?.data.email ?? '',
    returnUrl: session.return_url,
    features,
    reasons: features.subscription_cancel.cancellation_reason.enabled
      ? features.subscription_cancel.cancellation_reason.options.map((name) => ({ name, text: worded(name) }))
      : [],
    subscriptions: await Promise.all(
      living.map(async (one) => ({
        ...(await describe(work, one)),
        choices: one.status === 'canceled' ? [] : await choicesOf(work, session, features, one),
      })),
    ),
    card: await cardOf(work, customer, living),
    details: await detailsOf(work, customer, features),
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

/** The configuration that a portal was opened with. */
export async function configurationOf(
  work: Work,
  session: Shapes['billing_portal.session'],
): Promise<Configuration> {
  const stored = await work.find('billing_portal.configuration', session.configuration)
  if (!stored) throw new Error(`the configuration of portal ${session.id} is gone`)
  return stored.data
}

/** What a person may change about themselves, as it is. */
async function detailsOf(work: Work, id: string, { customer_update }: Configuration['features']) {
  const customer = (await work.find('customer', id))?.data
  const allowed = customer_update.enabled ? customer_update.allowed_updates : []
  const fields = [
    { allows: 'email', name: 'customer_email', label: 'E-mail', value: customer?.email ?? '' },
    { allows: 'name', name: 'customer_name', label: 'Name', value: customer?.name ?? '' },
    { allows: 'phone', name: 'customer_phone', label: 'Telephone', value: customer?.phone ?? '' },
  ]
  return fields.filter((field) => allowed.some((name) => name === field.allows))
}

/** The prices that a subscription may change to in this portal, and may be asked to confirm; worded for a button. */
export async function choicesOf(
  work: Work,
  session: Shapes['billing_portal.session'],
  { subscription_update: update }: Configuration['features'],
  subscription: Shapes['subscription'],
) {
  const asked = session.flow?.subscription_update_confirm
  const offered =
    asked?.subscription === subscription.id
      ? asked.items.flatMap((item) => item.price ?? [])
      : update.enabled
        ? (update.products ?? []).flatMap((one) => one.prices)
        : []
  const present = subscription.items.data.map((item) => item.price.id)
  const prices = await Promise.all(
    offered.filter((id) => !present.includes(id)).map((id) => work.find('price', id)),
  )
  const choices = prices.map(async (stored) => {
    const own = stored?.data.active ? await findPriceIn(work, stored.data, subscription.currency) : null
    return own && { price: own.id, name: await wordPrice(work, own, 1) }
  })
  return (await Promise.all(choices)).filter((choice) => choice !== null)
}

async function wordPrice(work: Work, price: Shapes['price'], quantity: number): Promise<string> {
  const product = await work.find('product', price.product)
  const amount = formatAmount(amountOf(price, quantity), price.currency)
  return `${product?.data.name ?? price.product}, ${amount} every ${formatInterval(price)}`
}

function worded(name: string): string {
  const text = name.replaceAll('_', ' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

async function describe(work: Work, subscription: Shapes['subscription']) {
  const items = await Promise.all(
    subscription.items.data.map(async ({ price, quantity }) =>
      wordPrice(work, await priceIn(work, price, subscription.currency, 'items'), quantity ?? 1),
    ),
  )
  const ended = subscription.status === 'canceled'
  return {
    id: subscription.id,
    name: items.join('; '),
    status: subscription.status.replace('_', ' '),
    ended,
    paused: subscription.status === 'paused',
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
  const account = method?.data.us_bank_account ?? method?.data.sepa_debit
  if (account) return `Bank account ending in ${account.last4}`
  return card ? `${card.brand} ending in ${card.last4}, expires ${card.exp_month}/${card.exp_year}` : null
}

function day(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(seconds * 1000)
}
