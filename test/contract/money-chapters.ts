import assert from 'node:assert/strict'
import type Stripe from 'stripe'
import { advanceDays } from '../simulate/sandbox.ts'
import { postForm } from '../simulate/shop.ts'
import { type Chapter, eventually, type Journey } from './journey.ts'
import type { Stand } from './stand.ts'

const account = (account_number: string) => ({
  pay_with: 'us_bank_account',
  account_number,
  routing_number: '110000000',
})

/** Money that comes days after it was promised, or does not. */
export const debits: Chapter = {
  name: 'bank debits: three that are paid days later, two that fail, one given back',
  tell: async ({ stand, openPage, happens, becomes }) => {
    const sell = async (who: string, plan: string, number: string) => {
      const page = await openPage(who, plan)
      await page.pay(account(number))
      return page.sessionId
    }
    const pass = await sell('debited', 'month-pass', '000123456789')
    const monthly = await sell('debited-monthly', 'all-access-monthly', '000123456789')
    const given = await sell('debited-back', 'month-pass', '000123456789')
    const failing = await sell('debited-not', 'month-pass', '000222222227')
    await sell('debited-not-monthly', 'all-access-monthly', '000111111113')
    await becomes(pass, 'pending')
    await advanceDays(stand, 5)
    for (const session of [pass, monthly, given]) await becomes(session, 'paid')
    await becomes(failing, 'failed')
    await happens('refund in full', given)
    await becomes(given, 'refunded')
    await advanceDays(stand, 36)
  },
}

/** A reader who helps herself on Stripe's own page. */
export const portal: Chapter = {
  name: 'a change of plan in the billing portal',
  tell: async (journey) => {
    const { stand, sell } = journey
    const session = await sell('changing', { plan: 'digital-monthly' })
    const better = await priceOf(journey, 'all-access-monthly')
    const { stripe } = stand
    const configuration = await stripe.billingPortal.configurations.create({
      features: {
        subscription_update: {
          default_allowed_updates: ['price'],
          enabled: true,
          products: [{ product: String(better.product), prices: [better.id] }],
          proration_behavior: 'always_invoice',
        },
      },
    })
    const bought = await stripe.checkout.sessions.retrieve(session)
    const opened = await stripe.billingPortal.sessions.create({
      configuration: configuration.id,
      customer: String(bought.customer),
    })
    await postForm(`${opened.url}/subscriptions/${bought.subscription}/plan`, { price: better.id })
    const changed = await stripe.subscriptions.retrieve(String(bought.subscription), {
      expand: ['latest_invoice'],
    })
    assert.equal(changed.items.data[0]?.price.id, better.id)
    assert.equal((changed.latest_invoice as Stripe.Invoice).status, 'paid')
    await eventually(async () =>
      assert.equal(await planOf(stand, String(bought.subscription)), 'all-access-monthly'),
    )
    await stripe.billingPortal.configurations.update(configuration.id, { active: false })
  },
}

async function priceOf({ stand, sell }: Journey, plan: string): Promise<Stripe.Price> {
  const sessionId = await sell(`buying-${plan}`, { plan })
  const session = await stand.stripe.checkout.sessions.retrieve(sessionId, { expand: ['line_items'] })
  const price = session.line_items?.data[0]?.price
  assert.ok(price)
  return price
}

async function planOf({ db }: Stand, subscription: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('subscriptions')
    .innerJoin('plans', 'plans.id', 'subscriptions.plan_id')
    .select('plans.slug')
    .where('subscriptions.stripe_subscription_id', '=', subscription)
    .executeTakeFirst()
  return row?.slug
}

/** An account that is paid in another currency than readers pay, and is told its fees late. */
export const exchange: Chapter = {
  name: 'settlement in another currency, with fees that are known later',
  tell: async ({ stand, sell, happens, becomes }) => {
    await setAccount(stand, { settlement_currency: 'eur', balance_delay_s: 86_400 })
    const kept = await sell('exchanged', { plan: 'month-pass' })
    const given = await sell('exchanged-back', { plan: 'month-pass' })
    await happens('refund in full', given)
    await becomes(given, 'refunded')
    await happens(
      'dispute answered',
      await sell('exchanged-disputed', { plan: 'month-pass', means: ['disputed'] }),
    )
    await advanceDays(stand, 2)
    const session = await stand.stripe.checkout.sessions.retrieve(kept, {
      expand: ['payment_intent.latest_charge.balance_transaction'],
    })
    const charge = (session.payment_intent as Stripe.PaymentIntent).latest_charge as Stripe.Charge
    assert.equal((charge.balance_transaction as Stripe.BalanceTransaction).currency, 'eur')
    await setAccount(stand, { settlement_currency: '', balance_delay_s: 0 })
  },
}

async function setAccount({ sandboxUrl }: Stand, settings: object): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/account`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  })
  assert.equal(answer.status, 200, await answer.text())
}
