import { sql } from 'kysely'
import { newId } from '../objects/ids.ts'
import type { Shapes } from '../objects/shapes.ts'
import { Work } from '../objects/work.ts'
import type { SandboxTransaction } from '../tables.ts'
import { endpoint } from '../wire/endpoint.ts'

/** The one account of a database. */
export const accountEndpoints = [
  endpoint('GET', '/v1/account', 'account', {}, async ({ work }) => {
    const [account] = await work.list('account', {}, 1)
    if (!account) throw new Error('the sandbox has no account: it is made when it starts')
    return account.data
  }),
]

/** Makes the account if the database has none; processes that start at once make one. */
export async function ensureAccount(tx: SandboxTransaction, now: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('sandbox account', 0))`.execute(tx)
  const work = new Work({ tx, now, url: '' })
  if ((await work.list('account', {}, 1)).length > 0) return
  work.put('account', newAccount(now), {})
  await work.flush()
}

function newAccount(created: number): Shapes['account'] {
  return {
    id: newId('acct_', 16),
    object: 'account',
    business_type: null,
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    created,
    default_currency: 'usd',
    details_submitted: true,
    email: 'owner@newsstand.test',
    groups: { payments_pricing: null },
    metadata: {},
    payouts_enabled: true,
    type: 'standard',
  }
}
