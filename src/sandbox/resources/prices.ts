import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import {
  boolean,
  clearable,
  list,
  metadata,
  object,
  oneOf,
  required,
  text,
  type Values,
} from '../wire/parameters.ts'
import { addPrice, claimLookupKey, currencyOptionFields, optionsOf, unitPriceFields } from './add-price.ts'
import { addProduct } from './add-product.ts'
import { named } from './find.ts'

const createFields = {
  ...unitPriceFields,
  active: boolean(),
  billing_scheme: oneOf('per_unit'),
  currency_options: currencyOptionFields,
  lookup_key: text(200),
  nickname: text(),
  product: text(),
  product_data: object({
    active: boolean(),
    id: text(),
    metadata: metadata(),
    name: required(text()),
    statement_descriptor: text(22),
    tax_code: text(),
    unit_label: text(12),
  }),
  transfer_lookup_key: boolean(),
}

export const priceEndpoints = [
  endpoint('POST', '/v1/prices', 'price', createFields, async ({ work }, params) => {
    const { product, product_data, ...rest } = params
    if ((product === undefined) === (product_data === undefined)) {
      throw invalid(
        'You must specify either `product` or `product_data` when creating a price.',
        'product',
        'parameter_missing',
      )
    }
    const owner = product ?? (await addProduct(work, { ...product_data, name: product_data?.name ?? '' })).id
    return addPrice(work, { ...rest, product: owner })
  }),
  endpoint(
    'GET',
    '/v1/prices',
    'price',
    {
      ...pagination,
      active: boolean(),
      created,
      currency: text(),
      lookup_keys: list(text()),
      product: text(),
      recurring: object({
        interval: oneOf('day', 'month', 'week', 'year'),
        usage_type: oneOf('licensed', 'metered'),
      }),
      type: oneOf('one_time', 'recurring'),
    },
    ({ work }, params) => listPrices(work, params),
  ),
  endpoint(
    'GET',
    '/v1/prices/{id}',
    'price',
    {},
    async ({ work, id }) => (await named(work, 'price', id, { param: 'price' })).data,
  ),
  endpoint(
    'POST',
    '/v1/prices/{id}',
    'price',
    {
      active: boolean(),
      currency_options: clearable(currencyOptionFields),
      lookup_key: clearable(text(200)),
      metadata: metadata(),
      nickname: clearable(text()),
      tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
      transfer_lookup_key: boolean(),
    },
    async ({ work, id }, params) => {
      const { data, hidden } = await named(work, 'price', id, { take: true, param: 'price' })
      const { currency_options, metadata, transfer_lookup_key, ...plain } = params
      if (currency_options !== undefined) {
        const options = currency_options ? optionsOf(currency_options, data.currency) : {}
        work.hide('price', id, { options: currency_options ? { ...hidden.options, ...options } : {} })
      }
      if (plain.lookup_key) await claimLookupKey(work, plain.lookup_key, transfer_lookup_key ?? false, id)
      const changes = { ...given(plain), metadata: mergeMetadata(data.metadata, metadata) }
      return work.change('price', id, changes, 'price.updated')
    },
  ),
]

async function listPrices(
  work: Work,
  params: Values<typeof pagination> & {
    active: boolean | undefined
    created: Parameters<typeof listObjects>[3]['createdIn']
    currency: string | undefined
    lookup_keys: string[] | undefined
    product: string | undefined
    type: string | undefined
    recurring: { interval: string | undefined; usage_type: string | undefined } | undefined
  },
) {
  const { active, currency, product, type } = params
  const refs = {
    active,
    currency,
    product,
    type,
    interval: params.recurring?.interval,
    usage_type: params.recurring?.usage_type,
  }
  return listObjects(work, 'price', params, {
    url: '/v1/prices',
    refs,
    anyOf: params.lookup_keys?.map((key) => `lookup_key:${key}`),
    createdIn: params.created,
  })
}
