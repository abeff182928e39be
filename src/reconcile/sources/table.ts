import {
  balance,
  charges,
  customers,
  disputes,
  invoices,
  refunds,
  sessions,
  subscriptions,
} from './at-stripe.ts'
import {
  ourCustomers,
  ourDisputes,
  ourOrders,
  ourPayments,
  ourPostings,
  ourRefunds,
  ourSubscriptions,
} from './our-rows.ts'
import type { Source, SourceName, Things } from './source.ts'

/** Everything that a comparison goes through, in this order: Stripe's first, so that it knows what it has met there. */
export const sources: { [S in SourceName]: Source<Things[S]> } = {
  sessions,
  subscriptions,
  invoices,
  charges,
  refunds,
  disputes,
  balance,
  customers,
  'our orders': ourOrders,
  'our payments': ourPayments,
  'our subscriptions': ourSubscriptions,
  'our refunds': ourRefunds,
  'our disputes': ourDisputes,
  'our postings': ourPostings,
  'our customers': ourCustomers,
}

export const sourceNames = Object.keys(sources) as SourceName[]
