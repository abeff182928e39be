import type { Transaction } from '../../db/database.ts'
import { balanceOf } from '../../ledger/balance.ts'
import { findPaymentNames } from '../../ledger/payment-names.ts'
import { formatMoney } from '../../money/format-money.ts'
import { currencyCode, type Money, minorUnits } from '../../money/money.ts'
import { followLedger } from '../../orders/follow-ledger.ts'
import { listPayments } from '../../orders/payments.ts'
import { findOrderByNumber, lockOrder } from '../../orders/store.ts'
import { stripeBalanceOf } from '../../orders/stripe-balance-of.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind } from '../kind.ts'
import type { BalanceThing, Scan, Things } from '../sources/source.ts'
import { noDifference } from './no-difference.ts'

/** An order whose entries do not come to what Stripe's balance transactions of it do, or with a payment not entered. */
export const ledgerDiffers: Kind = {
  title: 'The ledger differs',
  find: {
    balance: listOtherwisePosted,
    'our postings': listUnmet,
    'our payments': listUnposted,
  },
  look: async (deps, number) => {
    const known = await findOrderByNumber(deps.db, number)
    if (!known) return noDifference
    const theirs = wordsFor(deps, await stripeBalanceOf(deps.stripe, deps.db, known.id))
    return async (tx) => {
      const order = await lockOrder(tx, known.id)
      if (!order) return null
      const ours = wordsFor(deps, await balanceOf(tx, order.id))
      const missing = await countUnposted(tx, order.id)
      if (ours === theirs && missing === 0) return null
      return {
        orderId: order.id,
        stripeSays: `Its balance transactions come to ${theirs}`,
        weSay: `Its entries come to ${ours}${missing > 0 ? `, and ${missing} of its payments are not entered` : ''}`,
        fix: 'Enter what is missing.',
      }
    }
  },
  fixes: [
    {
      name: 'entries',
      label: 'Enter what is missing',
      apply: async (deps, { orderId }) => {
        if (!orderId || !(await followLedger(deps, orderId))) throw new CannotMend('It belongs to no order.')
      },
    },
  ],
}

function wordsFor({ installation }: ReconcileDeps, amounts: Money[]): string {
  const words = amounts.map((amount) => `${formatMoney(amount, installation.locale)} ${currencyCode(amount)}`)
  return words.length > 0 ? words.join(' and ') : 'nothing'
}

async function countUnposted(tx: Transaction, orderId: string): Promise<number> {
  const ids = (await listPayments(tx, orderId)).map((payment) => payment.stripeSourceId)
  return (await findPaymentNames(tx, ids)).free.size
}

/** Balance transactions of ours that are not posted, or with another amount. */
async function listOtherwisePosted({ db }: Scan, things: BalanceThing[]): Promise<string[]> {
  if (things.length === 0) return []
  const intents = await db
    .selectFrom('ledger_intents')
    .innerJoin('orders', 'orders.id', 'ledger_intents.order_id')
    .select(['number', 'ledger_intents.stripe_payment_intent_id as intent'])
    .where(
      'ledger_intents.stripe_payment_intent_id',
      'in',
      things.map((thing) => thing.paymentIntentId),
    )
    .execute()
  const orders = new Map(intents.map((row) => [row.intent, row.number]))
  const posted = await sumPosted(
    db,
    things.map((thing) => thing.id),
  )
  const differing = things.filter(
    ({ id, net }) => posted.get(id) !== `${minorUnits(net)} ${currencyCode(net)}`,
  )
  return [...new Set(differing.flatMap(({ paymentIntentId }) => orders.get(paymentIntentId) ?? []))]
}

/** What each balance transaction put into the balance here, as "12593 USD". */
async function sumPosted(db: Transaction, ids: string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('ledger_postings')
    .leftJoin('ledger_entries', (join) =>
      join.onRef('posting_id', '=', 'ledger_postings.id').on('account', '=', 'stripe_balance'),
    )
    .select(['stripe_id', 'amount', 'currency'])
    .where('kind', 'in', ['arrival', 'dispute'])
    .where('stripe_id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.stripe_id, `${row.amount} ${row.currency}`]))
}

/** Our postings of balance transactions that Stripe does not have. */
async function listUnmet({ db, seen }: Scan, things: Things['our postings'][]): Promise<string[]> {
  const met = await seen(things.map((thing) => thing.balanceTransactionId))
  const unmet = things.filter((thing) => !met.has(thing.balanceTransactionId))
  return numbersOf(
    db,
    unmet.map((thing) => thing.orderId),
  )
}

async function listUnposted({ db }: Scan, payments: Things['our payments'][]): Promise<string[]> {
  const { free } = await findPaymentNames(
    db,
    payments.map((payment) => payment.stripeSourceId),
  )
  if (free.size === 0) return []
  const rows = await db
    .selectFrom('payments')
    .innerJoin('orders', 'orders.id', 'payments.order_id')
    .select('number')
    .distinct()
    .where('stripe_source_id', 'in', [...free.keys()])
    .execute()
  return rows.map((row) => row.number)
}

async function numbersOf(db: Transaction, orderIds: string[]): Promise<string[]> {
  if (orderIds.length === 0) return []
  const rows = await db.selectFrom('orders').select('number').where('id', 'in', orderIds).execute()
  return rows.map((row) => row.number)
}
