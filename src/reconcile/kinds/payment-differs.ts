import { afterMoneyMoved } from '../../checkout/weigh-duplicate.ts'
import { inTransaction, type Transaction } from '../../db/database.ts'
import { formatMoney } from '../../money/format-money.ts'
import { compare, currencyCode, type Money, money } from '../../money/money.ts'
import { correctPayment } from '../../orders/corrections.ts'
import { writeHistory } from '../../orders/history.ts'
import { findPayment } from '../../orders/payments.ts'
import { recountRefunds } from '../../orders/refunds.ts'
import { lockOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { readTaken } from '../ask.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind, type Task } from '../kind.ts'
import type { Scan } from '../sources/source.ts'
import { noDifference } from './no-difference.ts'

/** A payment of which Stripe took another amount, or another currency. */
export const paymentDiffers: Kind = {
  title: 'A payment of another amount',
  find: {
    invoices: (scan, invoices) =>
      listOthers(
        scan,
        invoices.map((invoice) => [
          invoice.id ?? '',
          fromStripeAmount(invoice.amount_paid, invoice.currency),
        ]),
      ),
    charges: (scan, charges) =>
      listOthers(
        scan,
        charges.map(({ charge, intent }) => [intent.id, fromStripeAmount(charge.amount, charge.currency)]),
      ),
  },
  look: async (deps, sourceId) => {
    const taken = await readTaken(deps.stripe, sourceId)
    if (!taken) return noDifference
    return async (tx) => {
      const payment = await lockPayment(tx, sourceId)
      if (!payment || isSame(payment.amount, taken)) return null
      const amount = (value: Money) =>
        `${formatMoney(value, deps.installation.locale)} ${currencyCode(value)}`
      return {
        orderId: payment.orderId,
        stripeSays: `${amount(taken)} were taken for ${sourceId}`,
        weSay: `The payment was ${amount(payment.amount)}`,
        fix: 'Take over what Stripe took.',
      }
    }
  },
  fixes: [{ name: 'takeover', label: 'Take over Stripe’s amount', apply: takeOver }],
}

async function listOthers({ db }: Scan, said: [sourceId: string, amount: Money][]): Promise<string[]> {
  const rows = await db
    .selectFrom('payments')
    .select(['stripe_source_id', 'amount', 'currency'])
    .where(
      'stripe_source_id',
      'in',
      said.map(([id]) => id),
    )
    .execute()
  const ours = new Map(rows.map((row) => [row.stripe_source_id, money(row.amount, row.currency)]))
  return said.flatMap(([id, amount]) => {
    const our = ours.get(id)
    return our && !isSame(our, amount) ? [id] : []
  })
}

function isSame(one: Money, other: Money): boolean {
  return currencyCode(one) === currencyCode(other) && compare(one, other) === 0
}

/** A payment of ours with its order, which is locked; null: there is none for this. */
export async function lockPayment(tx: Transaction, sourceId: string) {
  const orderId = (await findPayment(tx, sourceId))?.orderId
  const order = orderId ? await lockOrder(tx, orderId) : null
  const payment = await findPayment(tx, sourceId)
  return order && payment ? { ...payment, order } : null
}

async function takeOver(deps: ReconcileDeps, { subject, by }: Task): Promise<void> {
  const taken = await readTaken(deps.stripe, subject)
  if (!taken) return
  await inTransaction(deps.db, async (tx) => {
    const payment = await lockPayment(tx, subject)
    if (!payment || isSame(payment.amount, taken)) return
    if (currencyCode(taken) !== payment.order.currency)
      throw new CannotMend('Stripe took another currency than the order is in: pay it back in Stripe.')
    await correctPayment(tx, subject, taken)
    const amount = formatMoney(taken, deps.installation.locale)
    const text = `Payment ${subject} put right to ${amount}, as Stripe took it (${by})`
    await writeHistory(tx, payment.orderId, { at: deps.clock(), text, by: 'staff' })
    await afterMoneyMoved(deps)(tx, await recountRefunds(tx, payment.order), deps.clock())
  })
}
