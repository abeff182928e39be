import { sql } from 'kysely'
import { type House, readPresent } from '../house.ts'
import { forgetKeys } from '../wire/idempotency.ts'

/** Events can be had for 30 days, as the API keeps them; what still waits for delivery stays. */
const eventsLast = 31 * 86_400

/** Forgets what nobody can ask for any more: events by the sandbox's time, idempotency keys by the machine's. */
export async function forget(house: House): Promise<void> {
  const { now } = await readPresent(house)
  await sql`
    delete from sandbox.events e where created < ${now - eventsLast} and not exists (
      select from sandbox.deliveries d where d.event_id = e.id and d.state = 'pending')`.execute(house.db)
  await forgetKeys(house.db, new Date(house.realNow()))
}
