import { isRecord, valueAt } from '../objects/indexes.ts'
import type { Kind } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'

export interface Due {
  id: string
  kind: Kind
}

/** Where the objects that passing time reads or changes are named, by kind. */
const changed: Record<string, string[]> = {
  invoice: ['customer', 'parent.subscription_details.subscription'],
  payment_intent: ['customer', 'latest_charge'],
  subscription: ['customer'],
}
const read: Record<string, string[]> = {
  customer: ['invoice_settings.default_payment_method'],
  subscription: ['default_payment_method', 'discounts', 'items.data'],
}

/** Reads all that a batch will need in a few statements, and takes what it will change, customers first. */
export async function loadDue(work: Work, due: readonly Due[]): Promise<void> {
  const own = due.map((one) => one.id)
  await work.load(own, false)
  const owners = due.flatMap(({ id, kind }) => idsAt(work.peek(id)?.data, changed[kind]))
  const joined = due.flatMap(({ id, kind }) => (kind === 'invoice' ? joinedTo(work.peek(id)?.hidden) : []))
  await work.load([...owners, ...own, ...joined], true)
  const others = [...owners, ...own].flatMap((id) => {
    const entry = work.peek(id)
    return entry ? idsAt(entry.data, read[entry.kind]) : []
  })
  await work.load(others, false)
}

function joinedTo(hidden: unknown): string[] {
  return isRecord(hidden) ? [hidden.intent, hidden.payment].filter((id) => typeof id === 'string') : []
}

function idsAt(data: unknown, paths: string[] = []): string[] {
  return paths.flatMap((path) => idsIn(valueAt(data, path)))
}

/** An id, a list of ids, or subscription items, of which the product is wanted. */
function idsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(idsIn)
  const product = valueAt(value, 'price.product')
  return typeof product === 'string' ? [product] : []
}
