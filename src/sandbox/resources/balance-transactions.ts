import { sql } from 'kysely'
import type { Work } from '../objects/work.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { text } from '../wire/parameters.ts'
import { named } from './find.ts'

export const balanceEndpoints = [
  endpoint('GET', '/v1/balance', 'balance', {}, ({ work }) => balance(work)),
  endpoint(
    'GET',
    '/v1/balance_transactions',
    'balance_transaction',
    { ...pagination, created, currency: text(), source: text(), type: text() },
    ({ work }, params) =>
      listObjects(work, 'balance_transaction', params, {
        url: '/v1/balance_transactions',
        refs: { currency: params.currency, source: params.source, type: params.type },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/balance_transactions/{id}', 'balance_transaction', {}, async ({ work, id }) => {
    return (await named(work, 'balance_transaction', id)).data
  }),
]

interface Funds {
  currency: string
  available: number
  pending: number
}

/** What all balance transactions come to, by currency; nothing is ever paid out. */
async function balance(work: Work): Promise<object> {
  const { rows } = await sql<Funds>`
    select data->>'currency' as currency,
      coalesce(sum((data->>'net')::bigint) filter (where (data->>'available_on')::bigint <= ${work.now}), 0)::bigint as available,
      coalesce(sum((data->>'net')::bigint) filter (where (data->>'available_on')::bigint > ${work.now}), 0)::bigint as pending
    from sandbox.objects where kind = 'balance_transaction' group by 1 order by 1`.execute(work.tx)
  const funds = rows.length > 0 ? rows : [{ currency: 'usd', available: 0, pending: 0 }]
  const amounts = (of: 'available' | 'pending') =>
    funds.map((row) => ({ amount: row[of], currency: row.currency, source_types: { card: row[of] } }))
  return { object: 'balance', available: amounts('available'), livemode: false, pending: amounts('pending') }
}
