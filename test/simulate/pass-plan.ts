import { randomUUID } from 'node:crypto'
import type { Database } from '../../src/db/database.ts'

/** The demo newspaper sells no plan that is paid once; this one lasts a month, and can be had as `month-pass`. */
export async function addPass(db: Database): Promise<void> {
  const at = new Date()
  const plan = await db
    .insertInto('plans')
    .values({
      id: randomUUID(),
      slug: 'month-pass',
      name: 'A month of everything',
      summary: 'Everything we publish for a month, paid once.',
      kind: 'pass',
      opens: ['daily', 'dossiers'],
      lasts_months: 1,
      active: true,
      position: 9,
      created_at: at,
      stripe_product_id: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('prices')
    .values({
      id: randomUUID(),
      plan_id: plan.id,
      currency: 'USD',
      unit_amount: 1500,
      interval: null,
      active: true,
      created_at: at,
      stripe_price_id: null,
    })
    .execute()
}
