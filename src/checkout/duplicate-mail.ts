import type { Transaction } from '../db/database.ts'
import { formatMoney } from '../money/format-money.ts'
import { isZero, type Money } from '../money/money.ts'
import type { Duplicate } from '../orders/duplicates.ts'
import type { Order } from '../orders/order.ts'
import type { CheckoutDeps } from './deps.ts'

/** Tells the reader what was bought twice and what became of it, in the transaction that ends it. */
export async function queueDuplicateMail(
  tx: Transaction,
  deps: CheckoutDeps,
  order: Order,
  { duplicates, owed }: { duplicates: readonly Duplicate[]; owed: { charged: Money; credit: Money } },
): Promise<void> {
  const { installation, publicUrl, outbox } = deps
  const positions = new Set(duplicates.map(({ position }) => position))
  const names = (twice: boolean) =>
    order.lines.flatMap((line, position) => (positions.has(position) === twice ? [line.name] : []))
  const letter = await outbox.renderMail('duplicate', {
    publication: installation.publication_name,
    orderNumber: order.number,
    twice: names(true),
    kept: names(false),
    renewed: order.lines.some((line, position) => positions.has(position) && line.kind === 'subscription'),
    amount: isZero(owed.charged) ? null : formatMoney(owed.charged, installation.locale),
    credit: isZero(owed.credit) ? null : formatMoney(owed.credit, installation.locale),
    card: order.card,
    orderUrl: `${publicUrl}/orders/${order.number}`,
    accountUrl: `${publicUrl}/account`,
    seller: installation.publication_name,
  })
  const about = { orderId: order.id, ...(order.readerId ? { readerId: order.readerId } : {}) }
  await outbox.queueMail(tx, { ...letter, ...about, to: order.email, kind: 'duplicate', at: deps.clock() })
}
