import type { Transaction } from '../db/database.ts'
import type { Hold } from '../db/tables/subscriptions.ts'
import type { Order, OrderState } from '../orders/order.ts'
import { holdEntitlementsOf } from './store.ts'

/** What an order opened waits while its money is disputed, and after it went back. */
const reasons: Partial<Record<OrderState, Hold>> = { disputed: 'dispute', refunded: 'refund' }

/** Makes what the order opened wait or open again, as its state demands. */
export async function holdByState(tx: Transaction, order: Order): Promise<void> {
  await holdEntitlementsOf(tx, order.id, reasons[order.state] ?? null)
}
