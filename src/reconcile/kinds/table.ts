import type { DriftKind } from '../../orders/drift.ts'
import type { Kind } from '../kind.ts'
import { amountDiffers } from './amount-differs.ts'
import { cannotCompare } from './cannot-compare.ts'
import { chargeUnknown } from './charge-unknown.ts'
import { customerGone } from './customer-gone.ts'
import { disputeDiffers } from './dispute-differs.ts'
import { disputeUnknown } from './dispute-unknown.ts'
import { duplicateNotPaidBack } from './duplicate-not-paid-back.ts'
import { ledgerDiffers } from './ledger-differs.ts'
import { orderNotPaid } from './order-not-paid.ts'
import { paidTwice } from './paid-twice.ts'
import { paymentDiffers } from './payment-differs.ts'
import { paymentGone } from './payment-gone.ts'
import { paymentUnknown } from './payment-unknown.ts'
import {
  disputeLostGoesOn,
  planUnknown,
  refundedGoesOn,
  refundNamesNoLine,
  subscriptionImpossible,
} from './recorded.ts'
import { refundDiffers } from './refund-differs.ts'
import { refundUnknown } from './refund-unknown.ts'
import { sessionDiffers } from './session-differs.ts'
import { sessionUnsettled } from './session-unsettled.ts'
import { subscriptionDiffers } from './subscription-differs.ts'
import { subscriptionDouble } from './subscription-double.ts'
import { subscriptionGone } from './subscription-gone.ts'
import { subscriptionUnknown } from './subscription-unknown.ts'

/** Every kind of difference, each in a file of its own: how it is met, told and mended. */
export const kinds: Readonly<Record<DriftKind, Kind>> = {
  session_unsettled: sessionUnsettled,
  session_differs: sessionDiffers,
  paid_twice: paidTwice,
  order_not_paid: orderNotPaid,
  amount_differs: amountDiffers,
  payment_unknown: paymentUnknown,
  payment_differs: paymentDiffers,
  payment_gone: paymentGone,
  charge_unknown: chargeUnknown,
  refund_unknown: refundUnknown,
  refund_differs: refundDiffers,
  dispute_unknown: disputeUnknown,
  dispute_differs: disputeDiffers,
  subscription_unknown: subscriptionUnknown,
  subscription_differs: subscriptionDiffers,
  subscription_gone: subscriptionGone,
  subscription_double: subscriptionDouble,
  duplicate_not_paid_back: duplicateNotPaidBack,
  subscription_impossible: subscriptionImpossible,
  plan_unknown: planUnknown,
  refund_names_no_line: refundNamesNoLine,
  dispute_lost_goes_on: disputeLostGoesOn,
  refunded_goes_on: refundedGoesOn,
  customer_gone: customerGone,
  ledger_differs: ledgerDiffers,
  cannot_compare: cannotCompare((kind) => kinds[kind]),
}
