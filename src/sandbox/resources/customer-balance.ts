import { changeBalance } from '../billing/change-balance.ts'
import { given } from '../objects/given.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid, missing } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { integer, metadata, required, text } from '../wire/parameters.ts'
import { named } from './find.ts'

const kind = 'customer_balance_transaction'
const all = '/v1/customers/{id}/balance_transactions'
const one = `${all}/{transaction}`
const words = { description: text(350), metadata: metadata() }

/** What a customer's balance went through: credit is negative (https://docs.stripe.com/billing/customer/balance). */
export const customerBalanceEndpoints = [
  endpoint(
    'POST',
    all,
    kind,
    { amount: required(integer()), currency: required(text(3)), ...words },
    async ({ work, id }, { metadata, ...params }) => {
      const { data } = await named(work, 'customer', id, { take: true })
      const currency = params.currency.toLowerCase()
      if (data.currency && data.currency !== currency) throw otherCurrency(data.currency)
      const { amount, description = null } = params
      const about = { description, metadata: newMetadata(metadata) }
      return changeBalance(work, id, { amount, currency, type: 'adjustment', ...about })
    },
  ),
  endpoint('GET', all, kind, { ...pagination, created }, async ({ work, id }, params) => {
    await named(work, 'customer', id, { evenDeleted: true })
    const url = `/v1/customers/${id}/balance_transactions`
    return listObjects(work, kind, params, { url, refs: { customer: id }, createdIn: params.created })
  }),
  endpoint('GET', one, kind, {}, ({ work, ids }) => ofCustomer(work, ids)),
  endpoint('POST', one, kind, words, async ({ work, ids }, { metadata, ...plain }) => {
    const { id, metadata: before } = await ofCustomer(work, ids, true)
    return work.change(kind, id, { ...given(plain), metadata: mergeMetadata(before ?? {}, metadata) })
  }),
]

async function ofCustomer(
  work: Work,
  [customer = '', id = '']: readonly string[],
  take = false,
): Promise<Shapes['customer_balance_transaction']> {
  const { data } = await named(work, kind, id, { take, param: 'transaction' })
  if (data.customer !== customer) throw missing('customer balance transaction', id, 'transaction', 404)
  return data
}

function otherCurrency(currency: string) {
  return invalid(
    `You cannot combine currencies on a single customer. This customer's currency is ${currency}.`,
    'currency',
  )
}
