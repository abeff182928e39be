import { newId, randomLetters } from '../objects/ids.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import {
  boolean,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
  time,
  type Values,
} from '../wire/parameters.ts'
import { named, referred } from './find.ts'

const kind = 'promotion_code'
const fields = {
  active: boolean(),
  code: text(500),
  customer: text(),
  expires_at: time(),
  max_redemptions: integer(1),
  metadata: metadata(),
  promotion: required(object({ coupon: text(), type: required(oneOf('coupon')) })),
  restrictions: object({
    first_time_transaction: boolean(),
    minimum_amount: integer(0),
    minimum_amount_currency: text(3),
  }),
}
type Params = Values<typeof fields>

export const promotionCodeEndpoints = [
  endpoint('POST', '/v1/promotion_codes', kind, fields, ({ work }, params) => addPromotionCode(work, params)),
  endpoint(
    'GET',
    '/v1/promotion_codes',
    kind,
    { ...pagination, active: boolean(), code: text(), coupon: text(), created, customer: text() },
    ({ work }, { active, code, coupon, customer, ...params }) =>
      listObjects(work, kind, params, {
        url: '/v1/promotion_codes',
        refs: { active, code, coupon, customer },
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/promotion_codes/{id}',
    kind,
    {},
    async ({ work, id }) => (await named(work, kind, id, { param: 'promotion_code' })).data,
  ),
  endpoint(
    'POST',
    '/v1/promotion_codes/{id}',
    kind,
    { active: boolean(), metadata: metadata() },
    async ({ work, id }, params) => {
      const { data } = await named(work, kind, id, { param: 'promotion_code', take: true })
      if (params.active && usedUp(data, work.now)) {
        throw invalid(
          'This promotion code cannot be activated: it has expired or was used as often as it may be.',
          'active',
        )
      }
      const changes = {
        active: params.active ?? data.active,
        metadata: mergeMetadata(data.metadata ?? {}, params.metadata),
      }
      return work.change(kind, id, changes, 'promotion_code.updated')
    },
  ),
]

/** Adds a code and tells of it. Throws the API's 400 where an active one has the same letters. */
async function addPromotionCode(work: Work, params: Params): Promise<Shapes['promotion_code']> {
  const { coupon } = params.promotion
  if (!coupon)
    throw invalid('Missing required param: promotion[coupon].', 'promotion[coupon]', 'parameter_missing')
  const found = await referred(work, 'coupon', coupon, 'promotion[coupon]')
  if (!found.data.valid) throw invalid(`Coupon expired: ${coupon}`, 'promotion[coupon]', 'coupon_expired')
  if (params.customer) await referred(work, 'customer', params.customer, 'customer')
  const code = params.code ?? randomLetters(8).toUpperCase()
  await work.hold(`promotion code ${code.toLowerCase()}`)
  await refuseTaken(work, code, params.customer ?? null)
  const promotion: Shapes['promotion_code'] = {
    id: newId('promo_'),
    object: 'promotion_code',
    active: params.active ?? true,
    code,
    created: work.now,
    customer: params.customer ?? null,
    customer_account: null,
    expires_at: params.expires_at ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: newMetadata(params.metadata),
    promotion: { coupon, type: 'coupon' },
    restrictions: {
      first_time_transaction: params.restrictions?.first_time_transaction ?? false,
      minimum_amount: params.restrictions?.minimum_amount ?? null,
      minimum_amount_currency: params.restrictions?.minimum_amount_currency ?? null,
    },
    times_redeemed: 0,
  }
  work.put(kind, promotion, {})
  work.tell('promotion_code.created', promotion)
  return promotion
}

async function refuseTaken(work: Work, code: string, customer: string | null): Promise<void> {
  const active = await work.list(kind, { active: 'true' })
  const taken = active.some(
    ({ data }) =>
      data.code.toLowerCase() === code.toLowerCase() &&
      (data.customer === null || data.customer === customer),
  )
  if (taken)
    throw invalid(
      `An active promotion code with \`code: ${code}\` already exists.`,
      'code',
      'resource_already_exists',
    )
}

function usedUp(code: Shapes['promotion_code'], now: number): boolean {
  if (code.expires_at !== null && code.expires_at <= now) return true
  return code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions
}
