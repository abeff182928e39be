import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'

/** A customer has one currency as long as a subscription in it lives. Throws the API's 400 for another. */
export async function refuseOtherCurrency(work: Work, customer: string, currency: string): Promise<void> {
  const subscriptions = await work.list('subscription', { customer })
  const other = subscriptions.find(
    ({ data }) => data.currency !== currency && !['canceled', 'incomplete_expired'].includes(data.status),
  )
  if (!other) return
  throw invalid(
    `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${other.data.currency}.`,
    'customer',
  )
}
