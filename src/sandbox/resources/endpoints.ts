import type { Endpoint } from '../wire/endpoint.ts'
import { accountEndpoints } from './account.ts'
import { balanceEndpoints } from './balance-transactions.ts'
import { billingPortalEndpoints } from './billing-portal.ts'
import { chargeEndpoints } from './charges.ts'
import { checkoutSessionEndpoints } from './checkout-sessions.ts'
import { couponEndpoints } from './coupons.ts'
import { customerBalanceEndpoints } from './customer-balance.ts'
import { customerEndpoints } from './customers.ts'
import { disputeEndpoints } from './disputes.ts'
import { eventEndpoints } from './events.ts'
import { invoiceItemEndpoints } from './invoice-items.ts'
import { invoiceEndpoints, invoicePaymentEndpoints } from './invoices.ts'
import { mandateEndpoints } from './mandates.ts'
import { paymentIntentEndpoints } from './payment-intents.ts'
import { paymentMethodEndpoints } from './payment-methods.ts'
import { priceEndpoints } from './prices.ts'
import { productEndpoints } from './products.ts'
import { promotionCodeEndpoints } from './promotion-codes.ts'
import { refundEndpoints } from './refunds.ts'
import { setupIntentEndpoints } from './setup-intents.ts'
import { subscriptionItemEndpoints } from './subscription-items.ts'
import { subscriptionEndpoints } from './subscriptions.ts'
import { webhookEndpointEndpoints } from './webhook-endpoints.ts'

/** Everything that the API answers; the rest is refused. */
export const endpoints: readonly Endpoint[] = [
  ...accountEndpoints,
  ...balanceEndpoints,
  ...billingPortalEndpoints,
  ...chargeEndpoints,
  ...checkoutSessionEndpoints,
  ...couponEndpoints,
  ...customerEndpoints,
  ...customerBalanceEndpoints,
  ...disputeEndpoints,
  ...eventEndpoints,
  ...invoiceEndpoints,
  ...invoiceItemEndpoints,
  ...invoicePaymentEndpoints,
  ...mandateEndpoints,
  ...paymentIntentEndpoints,
  ...paymentMethodEndpoints,
  ...priceEndpoints,
  ...productEndpoints,
  ...promotionCodeEndpoints,
  ...refundEndpoints,
  ...setupIntentEndpoints,
  ...subscriptionEndpoints,
  ...subscriptionItemEndpoints,
  ...webhookEndpointEndpoints,
]
