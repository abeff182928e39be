import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { attachPaymentMethod } from '../payments/attach-payment-method.ts'
import { addCustomer } from '../resources/customers.ts'

/**
 * The customer of a session that is being paid: the one it names, or a new one where its mode or `customer_creation`
 * asks for one; null: a guest. A payment method that will be used again is attached.
 */
export async function prepareCustomer(
  work: Work,
  sessionId: string,
  method: Shapes['payment_method'] | null,
): Promise<string | null> {
  const session = work.held('checkout.session', sessionId)
  const customer = session.customer ?? newCustomer(work, session)
  if (!customer) return null
  await work.take('customer', customer)
  if (customer !== session.customer) work.change('checkout.session', sessionId, { customer })
  else await updateAddress(work, session, customer)
  if (method && (await staysWithCustomer(work, session))) await attachPaymentMethod(work, method.id, customer)
  return customer
}

function newCustomer(work: Work, session: Shapes['checkout.session']): string | null {
  if (session.customer_creation !== 'always') return null
  const details = session.customer_details
  return addCustomer(work, {
    address: details?.address ?? null,
    email: details?.email ?? null,
    name: details?.name ?? null,
  }).id
}

async function updateAddress(
  work: Work,
  session: Shapes['checkout.session'],
  customer: string,
): Promise<void> {
  const hidden = (await work.find('checkout.session', session.id))?.hidden
  const address = session.customer_details?.address
  if (!hidden?.customerUpdate || !address?.country) return
  work.change('customer', customer, { address }, 'customer.updated')
}

async function staysWithCustomer(work: Work, session: Shapes['checkout.session']): Promise<boolean> {
  if (session.mode !== 'payment') return true
  const hidden = (await work.find('checkout.session', session.id))?.hidden
  return hidden?.paymentData.setup_future_usage != null
}
