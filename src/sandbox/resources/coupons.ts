import { randomLetters } from '../objects/ids.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import {
  clearable,
  decimal,
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
import { named, referred } from './find.ts'

const fields = {
  amount_off: integer(1),
  applies_to: object({ products: required(list(text())) }),
  currency: text(3),
  duration: oneOf('forever', 'once', 'repeating'),
  duration_in_months: integer(1),
  id: text(),
  max_redemptions: integer(1),
  metadata: metadata(),
  name: text(40),
  percent_off: decimal(),
  redeem_by: time(),
}
type Params = Values<typeof fields>

export const couponEndpoints = [
  endpoint('POST', '/v1/coupons', 'coupon', fields, ({ work }, params) => addCoupon(work, params)),
  endpoint('GET', '/v1/coupons', 'coupon', { ...pagination, created }, ({ work }, params) =>
    listObjects(work, 'coupon', params, { url: '/v1/coupons', createdIn: params.created }),
  ),
  endpoint(
    'GET',
    '/v1/coupons/{id}',
    'coupon',
    {},
    async ({ work, id }) => (await named(work, 'coupon', id, { param: 'coupon' })).data,
  ),
  endpoint(
    'POST',
    '/v1/coupons/{id}',
    'coupon',
    { metadata: metadata(), name: clearable(text(40)) },
    async ({ work, id }, params) => {
      const { data } = await named(work, 'coupon', id, { param: 'coupon', take: true })
      const name = params.name === undefined ? data.name : params.name
      const changes = { metadata: mergeMetadata(data.metadata ?? {}, params.metadata), name }
      return work.change('coupon', id, changes, 'coupon.updated')
    },
  ),
  endpoint('DELETE', '/v1/coupons/{id}', 'coupon', {}, async ({ work, id }) => {
    const { data } = await named(work, 'coupon', id, { param: 'coupon', take: true })
    for (const code of await work.list('promotion_code', { coupon: id, active: 'true' })) {
      await work.take('promotion_code', code.data.id)
      work.change('promotion_code', code.data.id, { active: false }, 'promotion_code.updated')
    }
    work.tell('coupon.deleted', { ...data, valid: false })
    return work.remove('coupon', id)
  }),
]

/** Adds a coupon and tells of it. Throws the API's 400 unless it lowers a price by one amount or one share. */
async function addCoupon(work: Work, params: Params): Promise<Shapes['coupon']> {
  refuseSenseless(params)
  for (const [index, product] of (params.applies_to?.products ?? []).entries())
    await referred(work, 'product', product, `applies_to[products][${index}]`)
  const id = params.id ?? randomLetters(8)
  await work.hold(`coupon ${id}`)
  const earlier = await work.find('coupon', id)
  if (earlier && !earlier.deleted) throw invalid('Coupon already exists.', 'id', 'resource_already_exists')
  const coupon: Shapes['coupon'] = {
    id,
    object: 'coupon',
    amount_off: params.amount_off ?? null,
    created: work.now,
    currency: params.amount_off === undefined ? null : (params.currency?.toLowerCase() ?? null),
    duration: params.duration ?? 'once',
    duration_in_months: params.duration_in_months ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: newMetadata(params.metadata),
    name: params.name ?? null,
    percent_off: params.percent_off ?? null,
    redeem_by: params.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  }
  work.put('coupon', coupon, { products: params.applies_to?.products ?? null })
  work.tell('coupon.created', coupon)
  return coupon
}

function refuseSenseless(params: Params): void {
  const { amount_off, currency, duration, duration_in_months, percent_off } = params
  if ((amount_off === undefined) === (percent_off === undefined)) {
    throw invalid('You must pass either percent_off or amount_off', 'percent_off', 'parameter_missing')
  }
  if (percent_off !== undefined && (percent_off <= 0 || percent_off > 100)) {
    throw invalid('Invalid percent_off: must be greater than 0 and at most 100.', 'percent_off')
  }
  if (amount_off !== undefined && currency === undefined) {
    throw invalid('You must pass currency when passing amount_off', 'currency', 'parameter_missing')
  }
  if ((duration === 'repeating') !== (duration_in_months !== undefined)) {
    throw invalid(
      'duration_in_months is required with, and only allowed with, duration=repeating.',
      'duration_in_months',
    )
  }
}
