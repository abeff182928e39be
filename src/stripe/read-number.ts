import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'

/**
 * A number for a read of Stripe, taken before it begins. Two reads of one object can overtake each other on their way
 * back: a row keeps the number that it was written with, and an answer with a lower one writes nothing.
 */
export async function nextReadNumber(db: Transaction): Promise<number> {
  const { rows } = await sql<{ number: number }>`SELECT nextval('stripe_reads') AS number`.execute(db)
  const number = rows[0]?.number
  if (number === undefined) throw new Error('the database gave no number')
  return number
}
