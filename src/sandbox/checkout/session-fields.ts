import { methodTypes } from '../payments/method-types.ts'
import { unitPriceFields } from '../resources/add-price.ts'
import {
  boolean,
  clearable,
  integer,
  list,
  metadata,
  object,
  oneOf,
  required,
  text,
  time,
  type Values,
} from '../wire/parameters.ts'

const locales = [
  ...([
    'auto',
    'bg',
    'cs',
    'da',
    'de',
    'el',
    'en',
    'en-GB',
    'es',
    'es-419',
    'et',
    'fi',
    'fil',
    'fr',
    'fr-CA',
  ] as const),
  ...([
    'hi-IN',
    'hr',
    'hu',
    'id',
    'it',
    'ja',
    'ko',
    'lt',
    'lv',
    'ms',
    'mt',
    'nb',
    'nl',
    'pl',
    'pt',
    'pt-BR',
  ] as const),
  ...(['ro', 'ru', 'sk', 'sl', 'sv', 'th', 'tr', 'vi', 'zh', 'zh-HK', 'zh-TW'] as const),
] as const

const message = () => clearable(object({ message: required(text(1200)) }))

const lineItem = object({
  adjustable_quantity: object({
    enabled: required(boolean()),
    maximum: integer(1, 999_999),
    minimum: integer(0, 999_999),
  }),
  metadata: metadata(),
  price: text(),
  price_data: object({
    ...unitPriceFields,
    product: text(),
    product_data: object({
      description: text(40_000),
      images: list(text()),
      metadata: metadata(),
      name: required(text()),
      tax_code: text(),
      unit_label: text(12),
    }),
  }),
  quantity: integer(0, 999_999),
})

const paymentIntentData = object({
  capture_method: oneOf('automatic', 'automatic_async'),
  description: text(1000),
  metadata: metadata(),
  receipt_email: text(),
  setup_future_usage: oneOf('off_session', 'on_session'),
  statement_descriptor: text(22),
  statement_descriptor_suffix: text(22),
})

const subscriptionData = object({
  billing_mode: object({
    flexible: object({ proration_discounts: oneOf('included', 'itemized') }),
    type: required(oneOf('classic', 'flexible')),
  }),
  description: text(500),
  metadata: metadata(),
  trial_end: time(),
  trial_period_days: integer(1, 730),
  trial_settings: object({
    end_behavior: required(
      object({ missing_payment_method: required(oneOf('cancel', 'create_invoice', 'pause')) }),
    ),
  }),
})

/** The parameters with which a session is made; the hosted page alone is served here. */
export const sessionFields = {
  adaptive_pricing: object({ enabled: boolean() }),
  after_expiration: object({
    recovery: object({ allow_promotion_codes: boolean(), enabled: required(boolean()) }),
  }),
  allow_promotion_codes: boolean(),
  allowed_payment_method_types: list(oneOf(...methodTypes)),
  automatic_tax: object({ enabled: required(boolean()) }),
  billing_address_collection: oneOf('auto', 'required'),
  cancel_url: text(),
  client_reference_id: text(200),
  consent_collection: object({
    promotions: oneOf('auto', 'none'),
    terms_of_service: oneOf('none', 'required'),
  }),
  currency: text(3),
  custom_text: object({
    after_submit: message(),
    shipping_address: message(),
    submit: message(),
    terms_of_service_acceptance: message(),
  }),
  customer: text(),
  customer_creation: oneOf('always', 'if_required'),
  customer_email: text(),
  customer_update: object({
    address: oneOf('auto', 'never'),
    name: oneOf('auto', 'never'),
    shipping: oneOf('auto', 'never'),
  }),
  discounts: list(object({ coupon: text(), promotion_code: text() })),
  expires_at: time(),
  integration_identifier: text(),
  invoice_creation: object({
    enabled: required(boolean()),
    invoice_data: object({ description: text(1500), footer: text(), metadata: metadata() }),
  }),
  line_items: list(lineItem),
  locale: oneOf(...locales),
  metadata: metadata(),
  mode: oneOf('payment', 'setup', 'subscription'),
  origin_context: oneOf('mobile_app', 'web'),
  payment_intent_data: paymentIntentData,
  payment_method_collection: oneOf('always', 'if_required'),
  payment_method_data: object({ allow_redisplay: oneOf('always', 'limited', 'unspecified') }),
  phone_number_collection: object({ enabled: required(boolean()) }),
  return_url: text(),
  saved_payment_method_options: object({
    allow_redisplay_filters: list(oneOf('always', 'limited', 'unspecified')),
    payment_method_remove: oneOf('disabled', 'enabled'),
    payment_method_save: oneOf('disabled', 'enabled'),
  }),
  setup_intent_data: object({ description: text(1000), metadata: metadata() }),
  submit_type: oneOf('auto', 'book', 'donate', 'pay', 'subscribe'),
  subscription_data: subscriptionData,
  success_url: text(),
  tax_id_collection: object({ enabled: required(boolean()), required: oneOf('if_supported', 'never') }),
  ui_mode: oneOf('hosted_page'),
  wallet_options: object({ link: object({ display: oneOf('auto', 'never') }) }),
}
export type SessionParams = Values<typeof sessionFields>
