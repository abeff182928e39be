import type { Transaction } from '../db/database.ts'

/** Until when, by Stripe's time, the inbox is known to hold every event; null: never looked. */
export async function findCompleteUntil(db: Transaction): Promise<Date | null> {
  const row = await db.selectFrom('inbox_progress').select('complete_until').executeTakeFirst()
  return row?.complete_until ?? null
}

export async function moveCompleteUntil(db: Transaction, completeUntil: Date): Promise<void> {
  await db
    .insertInto('inbox_progress')
    .values({ complete_until: completeUntil })
    .onConflict((conflict) => conflict.column('only_one').doUpdateSet({ complete_until: completeUntil }))
    .execute()
}
