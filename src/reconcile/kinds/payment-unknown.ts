import { formatMoney } from '../../money/format-money.ts'
import { nextState } from '../../orders/order.ts'
import { findPayment } from '../../orders/payments.ts'
import { findOrder, lockOrder } from '../../orders/store.ts'
import { fromStripeAmount } from '../../stripe/amounts.ts'
import { idOf, orNull } from '../../stripe/client.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind } from '../kind.ts'
import { recordInvoice } from '../record-invoice.ts'
import { isUuid } from '../sources/at-stripe.ts'
import type { Scan, Things } from '../sources/source.ts'
import { tellAgain } from '../tell-again.ts'
import { noDifference } from './no-difference.ts'

/** A paid invoice of a subscription of ours, and no payment with us. */
export const paymentUnknown: Kind = {
  title: 'A payment that we lack',
  find: { invoices: listUnknown },
  look: async (deps, invoiceId) => {
    const invoice = await orNull(deps.stripe.invoices.retrieve(invoiceId))
    const details = invoice?.parent?.subscription_details
    const orderId = details?.metadata?.order
    if (invoice?.status !== 'paid' || !orderId || !isUuid(orderId)) return noDifference
    const amount = fromStripeAmount(invoice.amount_paid, invoice.currency)
    return async (tx) => {
      const order = await lockOrder(tx, orderId)
      // An order that is not settled yet is another difference.
      if (!order || nextState(order.state, 'paid') === 'paid') return null
      if (await findPayment(tx, invoiceId)) return null
      return {
        orderId,
        stripeSays: `Invoice ${invoiceId} is paid, ${formatMoney(amount, deps.installation.locale)}`,
        weSay: `Order ${order.number} has no such payment`,
        fix: 'Record it.',
      }
    }
  },
  fixes: [
    { name: 'record', label: 'Record the payment', apply: (deps, { subject }) => record(deps, subject) },
  ],
}

async function listUnknown({ db }: Scan, invoices: Things['invoices'][]): Promise<string[]> {
  const ids = invoices.flatMap(({ id }) => id ?? [])
  const known = await db
    .selectFrom('payments')
    .select('stripe_source_id')
    .where('stripe_source_id', 'in', ids)
    .execute()
  const ours = new Set(known.map((row) => row.stripe_source_id))
  return ids.filter((id) => !ours.has(id))
}

/** Following a subscription takes in its latest invoices; an older one is recorded by itself. */
async function record(deps: ReconcileDeps, invoiceId: string): Promise<void> {
  const invoice = await deps.stripe.invoices.retrieve(invoiceId, { expand: ['payments'] })
  const subscriptionId = idOf(invoice.parent?.subscription_details?.subscription)
  const orderId = invoice.parent?.subscription_details?.metadata?.order
  if (!subscriptionId || !orderId) throw new CannotMend('This invoice is for no subscription of ours.')
  const order = await findOrder(deps.db, orderId)
  if (order?.stripeSubscriptionId === subscriptionId)
    await tellAgain(deps, 'invoice.paid', invoiceId, { subscription: subscriptionId })
  await recordInvoice(deps, orderId, invoice)
}
