import { refuseOtherCurrency } from '../billing/customer-currency.ts'
import type { HiddenSession } from '../objects/hidden.ts'
import { randomLetters } from '../objects/ids.ts'
import { newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { methodTypesFor } from '../payments/method-types.ts'
import { referred } from '../resources/find.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import { couponProblem, promotionProblem } from './apply-promotion.ts'
import { refuseContradictions } from './session-contradictions.ts'
import type { SessionParams } from './session-fields.ts'
import { ownPrice, priceSession, readLines } from './session-lines.ts'

type Session = Shapes['checkout.session']
type Mode = 'payment' | 'setup' | 'subscription'

/** Opens a Checkout Session. The API tells of it only when it is completed or expires. */
export async function createSession(work: Work, params: SessionParams): Promise<Session> {
  const mode = refuseContradictions(work, params)
  const customer = params.customer ? await referred(work, 'customer', params.customer, 'customer') : null
  if (mode === 'setup') return openSetUp(work, params)
  const lines = await readLines(work, params)
  const currency = lines[0]?.currency ?? 'usd'
  if (customer && mode === 'subscription') await refuseOtherCurrency(work, customer.data.id, currency)
  const hidden: HiddenSession = { ...hiddenOf(params), lines }
  const draft: Session = {
    ...blankSession(work, params, mode, currency),
    discounts: await discountsOf(work, params, hidden, currency),
  }
  const country = customer?.data.address?.country ?? null
  const { sums, lines: priced } = await priceSession(work, draft, hidden, country)
  const session: Session = { ...draft, ...sums }
  refuseTinyAmounts(session)
  return work.put('checkout.session', session, { ...hidden, lines: priced })
}

/** A session that takes no money: it only stores a card. */
function openSetUp(work: Work, params: SessionParams): Session {
  const blank = blankSession(work, params, 'setup', params.currency?.toLowerCase() ?? 'usd')
  const session: Session = {
    ...blank,
    currency: params.currency?.toLowerCase() ?? null,
    payment_status: 'no_payment_required',
  }
  return work.put('checkout.session', session, { ...hiddenOf(params), lines: [] })
}

function hiddenOf(params: SessionParams): Omit<HiddenSession, 'lines'> {
  const payment = params.payment_intent_data
  const subscription = params.subscription_data
  return {
    paymentData: {
      metadata: newMetadata(payment?.metadata),
      description: payment?.description ?? null,
      receipt_email: payment?.receipt_email ?? null,
      statement_descriptor: payment?.statement_descriptor ?? null,
      setup_future_usage: payment?.setup_future_usage ?? null,
    },
    subscriptionData: {
      metadata: newMetadata(subscription?.metadata),
      description: subscription?.description ?? null,
      trialDays: subscription?.trial_period_days ?? null,
      trialEnd: subscription?.trial_end ?? null,
      missingPaymentMethod:
        subscription?.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
    },
    setupData: {
      metadata: newMetadata(params.setup_intent_data?.metadata),
      description: params.setup_intent_data?.description ?? null,
    },
    intent: null,
    awaiting: null,
    customerUpdate: params.customer_update?.address === 'auto',
  }
}

async function discountsOf(
  work: Work,
  params: SessionParams,
  hidden: HiddenSession,
  currency: string,
): Promise<Session['discounts']> {
  const discounts: NonNullable<Session['discounts']> = []
  const products = hidden.lines.map((line) => line.price?.product ?? '')
  const own = await Promise.all(hidden.lines.map((line) => ownPrice(work, line)))
  const subtotal = hidden.lines.reduce(
    (sum, line, index) => sum + (own[index]?.unit_amount ?? 0) * (line.quantity ?? 1),
    0,
  )
  for (const [index, wanted] of (params.discounts ?? []).entries()) {
    const at = `discounts[${index}]`
    if (wanted.promotion_code) {
      const code = await referred(work, 'promotion_code', wanted.promotion_code, `${at}[promotion_code]`)
      const context = { currency, products, customer: params.customer ?? null, subtotal }
      const problem = await promotionProblem(work, code.data, context)
      if (problem) throw invalid(problem, `${at}[promotion_code]`)
      discounts.push({ coupon: null, promotion_code: code.data.id })
    } else if (wanted.coupon) {
      const coupon = await referred(work, 'coupon', wanted.coupon, `${at}[coupon]`)
      const problem = await couponProblem(work, coupon, { currency, products })
      if (problem)
        throw invalid(
          problem,
          `${at}[coupon]`,
          problem.startsWith('Coupon expired') ? 'coupon_expired' : undefined,
        )
      discounts.push({ coupon: coupon.data.id, promotion_code: null })
    }
  }
  return discounts.length > 0 ? discounts : null
}

/** Cards cannot be charged less than 50 cents: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts (read 2026-11-22). */
function refuseTinyAmounts(session: Session): void {
  const total = session.amount_total ?? 0
  if (session.currency !== 'usd' || total === 0 || total >= 50) return
  throw new ApiError(400, {
    type: 'invalid_request_error',
    code: 'amount_too_small',
    message: "The Checkout Session's total amount due must add up to at least $0.50 usd",
  })
}

function blankSession(work: Work, params: SessionParams, mode: Mode, currency: string): Session {
  const id = `cs_test_a1${randomLetters(56)}`
  const types = typesOf(params, mode, currency)
  return {
    id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: params.adaptive_pricing?.enabled ?? false },
    after_expiration: afterExpirationOf(params),
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount_subtotal: null,
    amount_total: null,
    automatic_tax: automaticTaxOf(params),
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    consent: null,
    consent_collection: consentCollectionOf(params),
    created: work.now,
    currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: customTextOf(params),
    customer: params.customer ?? null,
    customer_account: null,
    customer_creation: customerCreationOf(params, mode),
    customer_details: null,
    customer_email: params.customer_email ?? null,
    discounts: null,
    expires_at: params.expires_at ?? work.now + 86_400,
    integration_identifier: params.integration_identifier ?? null,
    invoice: null,
    invoice_creation: mode === 'payment' ? invoiceCreationOf(params) : null,
    livemode: false,
    locale: params.locale ?? null,
    managed_payments: null,
    metadata: newMetadata(params.metadata),
    mode,
    origin_context: params.origin_context ?? null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: collectionOf(params, mode),
    payment_method_configuration_details: null,
    payment_method_options: optionsOf(types),
    payment_method_types: types,
    payment_status: 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: params.phone_number_collection?.enabled ?? false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: params.submit_type ?? null,
    subscription: null,
    success_url: params.success_url ?? null,
    total_details: null,
    ui_mode: 'hosted_page',
    url: `${work.url}/pay/${id}`,
    wallet_options: null,
  }
}

/** With what the session can be paid. Throws the API's 400 where nothing is left. */
function typesOf(params: SessionParams, mode: Mode, currency: string): Session['payment_method_types'] {
  const allowed = params.allowed_payment_method_types ?? null
  const types = methodTypesFor(currency, allowed).filter((type) => mode !== 'setup' || type === 'card')
  if (types.length > 0) return types
  throw invalid(
    `None of the payment method types allowed (${allowed?.join(', ')}) can be used in ${mode} mode with the currency ${currency}.`,
    'allowed_payment_method_types',
  )
}

function optionsOf(types: readonly string[]): Session['payment_method_options'] {
  return {
    ...(types.includes('card') ? { card: { request_three_d_secure: 'automatic' as const } } : {}),
    ...(types.includes('sepa_debit') ? { sepa_debit: {} } : {}),
    ...(types.includes('us_bank_account')
      ? { us_bank_account: { verification_method: 'automatic' as const } }
      : {}),
  }
}

function customerCreationOf(params: SessionParams, mode: Mode): Session['customer_creation'] {
  if (params.customer) return null
  return mode === 'subscription' ? 'always' : (params.customer_creation ?? 'if_required')
}

function collectionOf(params: SessionParams, mode: Mode): Session['payment_method_collection'] {
  return mode === 'payment' ? 'if_required' : (params.payment_method_collection ?? 'always')
}

function automaticTaxOf(params: SessionParams): Session['automatic_tax'] {
  const enabled = params.automatic_tax?.enabled ?? false
  return {
    enabled,
    liability: enabled ? { type: 'self' } : null,
    provider: enabled ? 'stripe' : null,
    status: enabled ? 'requires_location_inputs' : null,
  }
}

function afterExpirationOf(params: SessionParams): Session['after_expiration'] {
  const recovery = params.after_expiration?.recovery
  if (!recovery) return null
  const { allow_promotion_codes = false, enabled } = recovery
  return { recovery: { allow_promotion_codes, enabled, expires_at: null, url: null } }
}

function consentCollectionOf(params: SessionParams): Session['consent_collection'] {
  const collection = params.consent_collection
  if (!collection) return null
  return {
    payment_method_reuse_agreement: null,
    promotions: collection.promotions ?? null,
    terms_of_service: collection.terms_of_service ?? null,
  }
}

function customTextOf(params: SessionParams): Session['custom_text'] {
  const text = params.custom_text
  return {
    after_submit: text?.after_submit ?? null,
    shipping_address: text?.shipping_address ?? null,
    submit: text?.submit ?? null,
    terms_of_service_acceptance: text?.terms_of_service_acceptance ?? null,
  }
}

function invoiceCreationOf(params: SessionParams): Session['invoice_creation'] {
  const data = params.invoice_creation?.invoice_data
  return {
    enabled: params.invoice_creation?.enabled ?? false,
    invoice_data: {
      account_tax_ids: null,
      custom_fields: null,
      description: data?.description ?? null,
      footer: data?.footer ?? null,
      issuer: null,
      metadata: newMetadata(data?.metadata),
      rendering_options: null,
    },
  }
}
