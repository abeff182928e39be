import type { Tally } from './tally.ts'
import type { World } from './world.ts'

/** What the table names, also where it never happened. */
export const billingKinds = [
  'first payments that a bank paid',
  'first payments that a bank refused',
  'later payments that a bank paid',
  'later payments that a bank refused',
  'renewals asked of nobody, their invoice void',
  'renewals asked of nobody, their invoice uncollectible',
  'renewals asked of nobody, their invoice draft',
]

/** What came of deeds by itself, days later: what banks answered, and renewals that nobody was asked to pay. */
export async function countBilling({ pool }: World, tried: Tally): Promise<void> {
  const { rows } = await pool.query<{ kind: string; times: number }>(`
    SELECT CASE WHEN data->>'description' = 'Subscription update' THEN 'later payments' ELSE 'first payments' END
      || CASE data->>'status' WHEN 'succeeded' THEN ' that a bank paid' WHEN 'failed' THEN ' that a bank refused'
        ELSE ' that a bank is asked for at the end' END AS kind, count(*)::int AS times
    FROM sandbox.objects WHERE kind = 'charge' AND data->'payment_method_details'->>'type' = 'us_bank_account'
    GROUP BY 1
    UNION ALL
    SELECT 'renewals asked of nobody, their invoice ' || (data->>'status'), count(*)::int FROM sandbox.objects
    WHERE kind = 'invoice' AND data->>'billing_reason' = 'subscription_cycle'
      AND data->>'status' IN ('void', 'uncollectible', 'draft') GROUP BY data->>'status'`)
  for (const { kind, times } of rows) tried.add(kind, times)
}
