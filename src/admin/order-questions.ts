import type { FoundDrift } from '../orders/drift.ts'
import { type Order, subscriptionLine } from '../orders/order.ts'
import { endLineLabel } from '../reconcile/kinds/recorded.ts'

/** What staff are asked about an order, with a form for each answer. */
export function questionsView(order: Order, drift: readonly FoundDrift[]) {
  return drift.filter((one) => !one.closedAt).flatMap((one) => questionView(order, one))
}

interface Answer {
  label: string
  action: string
  fields: Record<string, string>
}

function questionView(order: Order, { kind, subject, stripeSays, weSay }: FoundDrift) {
  if (kind === 'refund_names_no_line') return [{ stripeSays, weSay, answers: aboutRefund(order, subject) }]
  if (kind === 'dispute_lost_goes_on') return [{ stripeSays, weSay, answers: aboutRenewals(order) }]
  if (kind === 'refunded_goes_on') return [{ stripeSays, weSay, answers: aboutCharging(order, subject) }]
  return []
}

function aboutRefund(order: Order, refund: string): Answer[] {
  const action = `/admin/orders/${order.number}/refund-answers`
  const ends = order.lines.map((line, position) => ({
    label: endLineLabel(line, position),
    action,
    fields: { refund, line: String(position + 1) },
  }))
  return [{ label: 'Leave everything open', action, fields: { refund, line: '' } }, ...ends]
}

function aboutRenewals(order: Order): Answer[] {
  const found = subscriptionLine(order)
  const address = `/admin/orders/${order.number}`
  const goesOn = { label: 'Let the reader read on', action: `${address}/release`, fields: {} }
  if (!found) return [goesOn]
  const line = found.position + 1
  return [
    { label: 'Cancel the subscription at once', action: `${address}/lines/${line}/closure`, fields: {} },
    goesOn,
  ]
}

function aboutCharging(order: Order, refund: string): Answer[] {
  const found = subscriptionLine(order)
  const address = `/admin/orders/${order.number}`
  const goesOn = { label: 'Let it go on', action: `${address}/renewal-answers`, fields: { refund } }
  const ends = { label: 'End the subscription now', fields: {} }
  return found ? [{ ...ends, action: `${address}/lines/${found.position + 1}/closure` }, goesOn] : [goesOn]
}
