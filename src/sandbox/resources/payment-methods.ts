import { given } from '../objects/given.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { addBankAccount } from '../payments/add-bank-account.ts'
import { addPaymentMethod } from '../payments/add-payment-method.ts'
import { attachPaymentMethod } from '../payments/attach-payment-method.ts'
import { methodTypes } from '../payments/method-types.ts'
import { presetPaymentMethod } from '../payments/preset-payment-methods.ts'
import { type DebitType, findTestAccount, routingNumber } from '../payments/test-accounts.ts'
import { findTestCard } from '../payments/test-cards.ts'
import { ApiError, invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { listObjects, pagination } from '../wire/list.ts'
import {
  clearable,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
  type Values,
} from '../wire/parameters.ts'
import { address, toAddress } from './addresses.ts'
import { named } from './find.ts'

const kind = 'payment_method'
const newFields = {
  allow_redisplay: oneOf('always', 'limited', 'unspecified'),
  billing_details: object({ address: address(), email: text(), name: text(), phone: text() }),
  card: object({
    cvc: text(4),
    exp_month: integer(1, 12),
    exp_year: integer(2000, 2199),
    number: text(19),
    token: text(),
  }),
  metadata: metadata(),
  sepa_debit: object({ iban: required(text(40)) }),
  type: required(oneOf('card', 'sepa_debit', 'us_bank_account')),
  us_bank_account: object({
    account_holder_type: oneOf('company', 'individual'),
    account_number: required(text(20)),
    account_type: oneOf('checking', 'savings'),
    routing_number: required(text(9)),
  }),
}

export const paymentMethodEndpoints = [
  endpoint('POST', '/v1/payment_methods', kind, newFields, async ({ work }, params) =>
    makeMethod(work, params),
  ),
  endpoint(
    'GET',
    '/v1/payment_methods',
    kind,
    { ...pagination, customer: text(), type: oneOf(...methodTypes) },
    ({ work }, params) =>
      listObjects(work, kind, params, {
        url: '/v1/payment_methods',
        refs: { customer: params.customer, type: params.type },
      }),
  ),
  endpoint('GET', '/v1/payment_methods/{id}', kind, {}, async ({ work, id }) => {
    return (await named(work, kind, id, { param: 'payment_method' })).data
  }),
  endpoint(
    'POST',
    '/v1/payment_methods/{id}',
    kind,
    {
      billing_details: object({
        address: clearable(address()),
        email: clearable(text()),
        name: clearable(text()),
        phone: clearable(text()),
      }),
      card: object({ exp_month: integer(1, 12), exp_year: integer(2000, 2199) }),
      metadata: metadata(),
    },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id, { param: 'payment_method', take: true })
      const { address, ...details } = params.billing_details ?? {}
      return work.change(
        kind,
        id,
        {
          billing_details: {
            ...data.billing_details,
            ...given(details),
            ...(address === undefined ? {} : { address: toAddress(address ?? {}) }),
          },
          ...(data.card && params.card ? { card: { ...data.card, ...given(params.card) } } : {}),
          metadata: mergeMetadata(data.metadata ?? {}, params.metadata),
        },
        'payment_method.updated',
      )
    },
  ),
  endpoint(
    'POST',
    '/v1/payment_methods/{id}/attach',
    kind,
    { customer: required(text()) },
    async ({ work, id }, params) => {
      const customer = await work.take('customer', params.customer)
      if (!customer || customer.deleted)
        throw invalid(`No such customer: '${params.customer}'`, 'customer', 'resource_missing')
      return attachPaymentMethod(work, id, params.customer)
    },
  ),
  endpoint('POST', '/v1/payment_methods/{id}/detach', kind, {}, async ({ work, id }) => {
    const { data } = await named(work, kind, id, { param: 'payment_method', take: true })
    if (!data.customer) {
      throw invalid(
        'The payment method you provided is not attached to a customer so detachment is impossible.',
        'payment_method',
      )
    }
    const detached = work.change(kind, id, { customer: null })
    work.tell('payment_method.detached', detached, data)
    return detached
  }),
]

type NewParams = Values<typeof newFields>

/** A payment method by its number, which must be a test card's or account's. */
function makeMethod(work: Work, params: NewParams): Shapes['payment_method'] {
  const { billing_details: details } = params
  const made = params.type === 'card' ? makeCard(work, params) : makeAccount(work, params.type, params)
  return work.change(kind, made.id, {
    allow_redisplay: params.allow_redisplay ?? 'unspecified',
    billing_details: {
      ...made.billing_details,
      email: details?.email ?? null,
      name: details?.name ?? null,
      phone: details?.phone ?? null,
      address: toAddress(details?.address ?? {}),
    },
    metadata: newMetadata(params.metadata),
  })
}

/** By its number, or by a ready-made token such as `tok_visa`. */
function makeCard(work: Work, { card }: NewParams): Shapes['payment_method'] {
  if (!card) throw invalid('Missing required param: card.', 'card', 'parameter_missing')
  const preset = card.token ? presetPaymentMethod(work, card.token.replace(/^tok_/, 'pm_card_')) : null
  return preset ?? byNumber(work, card)
}

function makeAccount(work: Work, type: DebitType, params: NewParams): Shapes['payment_method'] {
  if (!params[type]) throw invalid(`Missing required param: ${type}.`, type, 'parameter_missing')
  const number = type === 'sepa_debit' ? params.sepa_debit?.iban : params.us_bank_account?.account_number
  const account = findTestAccount(type, number ?? '')
  const { us_bank_account: us } = params
  if (us && us.routing_number !== routingNumber) {
    throw invalid(
      'The routing number is invalid. This sandbox knows the published test accounts alone.',
      'us_bank_account[routing_number]',
      'routing_number_invalid',
    )
  }
  if (account) return addBankAccount(work, account, { name: null, email: null })
  throw invalid(
    'The account number is invalid. This sandbox knows the published test accounts alone.',
    type === 'sepa_debit' ? 'sepa_debit[iban]' : 'us_bank_account[account_number]',
    type === 'sepa_debit' ? 'invalid_bank_account_iban' : 'account_number_invalid',
  )
}

function byNumber(work: Work, card: NonNullable<Values<typeof newFields>['card']>): Shapes['payment_method'] {
  const found = findTestCard(card.number ?? '')
  if (!found || !card.exp_month || !card.exp_year) {
    throw new ApiError(402, {
      type: 'card_error',
      code: 'incorrect_number',
      message: 'Your card number is incorrect. This sandbox knows the published test cards alone.',
      param: 'number',
    })
  }
  return addPaymentMethod(work, {
    card: found,
    expMonth: card.exp_month,
    expYear: card.exp_year,
    name: null,
    email: null,
  })
}
