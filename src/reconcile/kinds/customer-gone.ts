import { forgetCustomer } from '../../checkout/customers.ts'
import { orNull } from '../../stripe/client.ts'
import type { Kind } from '../kind.ts'
import { noDifference } from './no-difference.ts'

/** A reader's customer that was deleted at Stripe. */
export const customerGone: Kind = {
  title: 'A customer that Stripe lacks',
  find: {
    'our customers': async ({ seen }, customers) => {
      const ids = customers.map((one) => one.stripeCustomerId)
      const met = await seen(ids)
      return ids.filter((id) => !met.has(id))
    },
  },
  look: async (deps, customerId) => {
    const customer = await orNull(deps.stripe.customers.retrieve(customerId))
    if (customer && !('deleted' in customer && customer.deleted)) return noDifference
    return async (tx) => {
      const row = await tx
        .selectFrom('stripe_customers')
        .innerJoin('readers', 'readers.id', 'stripe_customers.reader_id')
        .select(['readers.email', 'currency'])
        .where('stripe_customer_id', '=', customerId)
        .executeTakeFirst()
      if (!row) return null
      return {
        orderId: null,
        stripeSays: `Customer ${customerId} was deleted`,
        weSay: `${row.email} pays as this customer in ${row.currency}`,
        fix: 'Forget the customer: the next payment makes a new one.',
      }
    }
  },
  fixes: [
    {
      name: 'forget',
      label: 'Forget the customer',
      apply: ({ db }, { subject }) => forgetCustomer(db, subject),
    },
  ],
}
