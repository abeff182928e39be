import { afterMoneyMoved } from '../../checkout/weigh-duplicate.ts'
import { inTransaction } from '../../db/database.ts'
import { formatMoney } from '../../money/format-money.ts'
import { type Money, minorUnits } from '../../money/money.ts'
import { correctDispute, deleteDispute } from '../../orders/corrections.ts'
import { findDispute, hasStandingDispute } from '../../orders/disputes.ts'
import { writeHistory } from '../../orders/history.ts'
import { nextState } from '../../orders/order.ts'
import { recountRefunds } from '../../orders/refunds.ts'
import { lockOrder, updateOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { orNull } from '../../stripe/client.ts'
import type { ReconcileDeps } from '../deps.ts'
import type { Kind, Task } from '../kind.ts'
import type { Scan, Things } from '../sources/source.ts'
import { tellOfDispute } from './dispute-unknown.ts'

/** A dispute of another amount or state, or one that Stripe does not have. */
export const disputeDiffers: Kind = {
  title: 'A dispute that differs',
  find: {
    disputes: listOthers,
    'our disputes': async ({ seen }, disputes) => {
      const ids = disputes.map((one) => one.stripeDisputeId)
      const met = await seen(ids)
      return ids.filter((id) => !met.has(id))
    },
  },
  look: async (deps, disputeId) => {
    const dispute = await orNull(deps.stripe.disputes.retrieve(disputeId))
    const words = (amount: Money, state: string) =>
      `Dispute over ${formatMoney(amount, deps.installation.locale)}: ${state.replaceAll('_', ' ')}`
    const said = dispute && words(fromStripeAmount(dispute.amount, dispute.currency), dispute.status)
    return async (tx) => {
      const row = await findDispute(tx, disputeId)
      const order = row && (await lockOrder(tx, row.orderId))
      const now = await findDispute(tx, disputeId)
      const weSay = now && words(now.amount, now.state)
      if (!order || !weSay || said === weSay) return null
      return {
        orderId: order.id,
        stripeSays: said ?? `There is no dispute ${disputeId}`,
        weSay,
        fix: said ? 'Take over what Stripe says.' : 'Take the dispute off our books.',
      }
    }
  },
  fixes: [{ name: 'takeover', label: 'Take over what Stripe says', apply: takeOver }],
}

async function listOthers({ db }: Scan, disputes: Things['disputes'][]): Promise<string[]> {
  const rows = await db
    .selectFrom('disputes')
    .select(['stripe_dispute_id as id', 'amount', 'state'])
    .where(
      'stripe_dispute_id',
      'in',
      disputes.map(({ id }) => id),
    )
    .execute()
  const ours = new Map(rows.map((row) => [row.id, `${row.amount} ${row.state}`]))
  const differs = ({ id, amount, currency, status }: Things['disputes']) => {
    const our = ours.get(id)
    return our !== undefined && our !== `${minorUnits(fromStripeAmount(amount, currency))} ${status}`
  }
  return disputes.filter(differs).map(({ id }) => id)
}

async function takeOver(deps: ReconcileDeps, { subject, by }: Task): Promise<void> {
  const dispute = await orNull(deps.stripe.disputes.retrieve(subject))
  if (!dispute) return strikeDispute(deps, subject, by)
  await tellOfDispute(deps, subject)
  await correctDispute(deps.db, subject, fromStripeAmount(dispute.amount, dispute.currency))
}

async function strikeDispute(deps: ReconcileDeps, disputeId: string, by: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const row = await findDispute(tx, disputeId)
    const order = row && (await lockOrder(tx, row.orderId))
    if (!order) return
    await deleteDispute(tx, disputeId)
    const stands = await hasStandingDispute(tx, order.id)
    const state = stands ? order.state : (nextState(order.state, 'dispute_won') ?? order.state)
    await updateOrder(tx, order.id, { state })
    const text = `Dispute ${disputeId} taken off our books, since Stripe has none (${by})`
    await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'staff' })
    await afterMoneyMoved(deps)(tx, await recountRefunds(tx, { ...order, state }), deps.clock())
  })
}
