import type Stripe from 'stripe'
import { afterMoneyMoved } from '../../checkout/weigh-duplicate.ts'
import { inTransaction } from '../../db/database.ts'
import { formatMoney } from '../../money/format-money.ts'
import { compare, currencyCode, type Money, minorUnits } from '../../money/money.ts'
import { correctRefund, deleteRefund } from '../../orders/corrections.ts'
import { writeHistory } from '../../orders/history.ts'
import { findRefund, recountRefunds } from '../../orders/refunds.ts'
import { lockOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { idOf, orNull } from '../../stripe/client.ts'
import type { ReconcileDeps } from '../deps.ts'
import type { Kind, Task } from '../kind.ts'
import type { Scan, Things } from '../sources/source.ts'
import { tellAgain } from '../tell-again.ts'

/** A refund of another amount or state, or one that Stripe does not have. */
export const refundDiffers: Kind = {
  title: 'A refund that differs',
  find: {
    refunds: listOthers,
    'our refunds': async ({ seen }, refunds) => {
      const ids = refunds.map((one) => one.stripeRefundId)
      const met = await seen(ids)
      return ids.filter((id) => !met.has(id))
    },
  },
  look: async (deps, refundId) => {
    const refund = await orNull(deps.stripe.refunds.retrieve(refundId))
    const words = (amount: Money, state: string | null) =>
      `Refund of ${formatMoney(amount, deps.installation.locale)}: ${state ?? 'pending'}`
    const said = refund && words(amountOf(refund), refund.status)
    return async (tx) => {
      const row = await findRefund(tx, refundId)
      const order = row && (await lockOrder(tx, row.orderId))
      const now = await findRefund(tx, refundId)
      const weSay = now && words(now.amount, now.state)
      if (!order || !weSay || said === weSay) return null
      return {
        orderId: order.id,
        stripeSays: said ?? `There is no refund ${refundId}`,
        weSay,
        fix: said ? 'Take over what Stripe says.' : 'Take the refund off our books.',
      }
    }
  },
  fixes: [{ name: 'takeover', label: 'Take over what Stripe says', apply: takeOver }],
}

function amountOf(refund: Stripe.Refund): Money {
  return fromStripeAmount(refund.amount, refund.currency)
}

async function listOthers({ db }: Scan, refunds: Things['refunds'][]): Promise<string[]> {
  const rows = await db
    .selectFrom('refunds')
    .select(['stripe_refund_id as id', 'amount', 'currency', 'state'])
    .where(
      'stripe_refund_id',
      'in',
      refunds.map(({ id }) => id),
    )
    .execute()
  const ours = new Map(rows.map((row) => [row.id, `${row.amount} ${row.currency} ${row.state}`]))
  const differs = (refund: Stripe.Refund) => {
    const our = ours.get(refund.id)
    const amount = amountOf(refund)
    const said = `${minorUnits(amount)} ${currencyCode(amount)} ${refund.status ?? 'pending'}`
    return our !== undefined && our !== said
  }
  return refunds.filter(differs).map(({ id }) => id)
}

async function takeOver(deps: ReconcileDeps, { subject, by }: Task): Promise<void> {
  const refund = await orNull(deps.stripe.refunds.retrieve(subject))
  const intentId = idOf(refund?.payment_intent)
  if (refund && intentId) await tellAgain(deps, 'refund.updated', subject, { payment_intent: intentId })
  await inTransaction(deps.db, async (tx) => {
    const row = await findRefund(tx, subject)
    const order = row && (await lockOrder(tx, row.orderId))
    if (!order) return
    if (refund && compare(amountOf(refund), row.amount) === 0) return
    if (refund) await correctRefund(tx, subject, amountOf(refund))
    else await deleteRefund(tx, subject)
    const text = refund
      ? `Refund ${subject} put right to ${formatMoney(amountOf(refund), deps.installation.locale)} (${by})`
      : `Refund ${subject} taken off our books, since Stripe has none (${by})`
    await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'staff' })
    await afterMoneyMoved(deps)(tx, await recountRefunds(tx, order), deps.clock())
  })
}
