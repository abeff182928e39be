import type { SessionFacts } from '../../checkout/read-session.ts'
import { isWhatPaid } from '../../checkout/settle.ts'
import type { Transaction } from '../../db/database.ts'
import { inTransaction } from '../../db/database.ts'
import { formatMoney } from '../../money/format-money.ts'
import { compare, currencyCode, minorUnits } from '../../money/money.ts'
import { writeHistory } from '../../orders/history.ts'
import { nextState, type Order } from '../../orders/order.ts'
import { lockOrder, updateOrder } from '../../orders/store.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind, type Task } from '../kind.ts'
import type { Scan, SessionThing } from '../sources/source.ts'
import { noDifference } from './no-difference.ts'
import { readPaidSession } from './session-differs.ts'

/** A paid order with another total, or another currency, than its session. */
export const amountDiffers: Kind = {
  title: 'Another total',
  find: { sessions: listOtherTotals },
  look: async (deps, number) => {
    const session = await readPaidSession(deps, number)
    if (!session) return noDifference
    return async (tx) => {
      const order = await lockSettled(tx, session)
      if (!order || isSameTotal(order, session)) return null
      const amount = (value: SessionFacts['total']) =>
        `${formatMoney(value, deps.installation.locale)} ${currencyCode(value)}`
      return {
        orderId: order.id,
        stripeSays: `${amount(session.total)} were paid`,
        weSay: `The order's total is ${amount(order.total)}`,
        fix: 'Take over what Stripe took.',
      }
    }
  },
  fixes: [{ name: 'takeover', label: 'Take over Stripe’s total', apply: takeOver }],
}

async function listOtherTotals({ db }: Scan, sessions: SessionThing[]): Promise<string[]> {
  const paid = sessions.filter(({ facts }) => facts.payment === 'paid')
  if (paid.length === 0) return []
  const totals = new Map(paid.map(({ orderId, facts }) => [orderId, facts.total]))
  const orders = await db
    .selectFrom('orders')
    .select(['id', 'number', 'state', 'total', 'currency'])
    .where('id', 'in', [...totals.keys()])
    .execute()
  return orders
    .filter((order) => {
      const said = totals.get(order.id)
      const same = said && minorUnits(said) === order.total && currencyCode(said) === order.currency
      return nextState(order.state, 'paid') !== 'paid' && !same
    })
    .map(({ number }) => number)
}

/** null: it is not this session that paid it. */
async function lockSettled(tx: Transaction, session: SessionFacts): Promise<Order | null> {
  const order = session.orderId ? await lockOrder(tx, session.orderId) : null
  if (!order || nextState(order.state, 'paid') === 'paid') return null
  return isWhatPaid(order, session) ? order : null
}

function isSameTotal(order: Order, { total }: SessionFacts): boolean {
  return currencyCode(total) === order.currency && compare(total, order.total) === 0
}

async function takeOver(deps: ReconcileDeps, { subject, by }: Task): Promise<void> {
  const session = await readPaidSession(deps, subject)
  if (!session) return
  await inTransaction(deps.db, async (tx) => {
    const order = await lockSettled(tx, session)
    if (!order || isSameTotal(order, session)) return
    if (currencyCode(session.total) !== order.currency)
      throw new CannotMend('It was paid in another currency than was ordered: pay it back in Stripe.')
    const { discount, tax, total } = session
    const figures = { discount: minorUnits(discount), tax: minorUnits(tax), total: minorUnits(total) }
    await updateOrder(tx, order.id, figures)
    const text = `Total put right to ${formatMoney(total, deps.installation.locale)}, as Stripe took it (${by})`
    await writeHistory(tx, order.id, { at: deps.clock(), text, by: 'staff' })
  })
}
