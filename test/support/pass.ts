import { randomUUID } from 'node:crypto'
import type { Newsstand } from './newsstand.ts'

/** The demo newspaper sells no plan that is paid once; this one opens the daily for three months, for $20.00. */
export async function addPass({ db, clock }: Newsstand, slug = 'summer-pass'): Promise<void> {
  const planId = randomUUID()
  const common = { active: true, created_at: clock() }
  await db
    .insertInto('plans')
    .values({
      ...common,
      id: planId,
      slug,
      name: 'A summer',
      summary: 'Three months, paid once.',
      kind: 'pass',
      opens: ['daily'],
      lasts_months: 3,
      position: 9,
      stripe_product_id: null,
    })
    .execute()
  await db
    .insertInto('prices')
    .values({
      ...common,
      id: randomUUID(),
      plan_id: planId,
      currency: 'USD',
      unit_amount: 2000,
      interval: null,
      stripe_price_id: null,
    })
    .execute()
}
