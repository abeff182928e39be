import { sql } from 'kysely'
import { passInvoice } from '../billing/pass-invoice.ts'
import { passSubscription } from '../billing/pass-subscription.ts'
import { expireSession } from '../checkout/expire-session.ts'
import { type House, inWork } from '../house.ts'
import type { Kind } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { endDebit } from '../payments/end-debit.ts'
import { postLate } from '../payments/post-charge.ts'
import { endRefund } from '../payments/refund-charge.ts'
import { type Due, loadDue } from './load-due.ts'

const batchSize = 200

/** What time does to each kind of object that is due (see indexes.ts); everything it needs is loaded, and taken, before. */
const passing: Partial<Record<Kind, (work: Work, id: string) => Promise<void>>> = {
  charge: postLate,
  'checkout.session': async (work, id) => {
    const session = await work.take('checkout.session', id)
    if (session?.data.status === 'open') expireSession(work, id)
  },
  invoice: passInvoice,
  payment_intent: async (work, id) => void (await endDebit(work, id)),
  refund: endRefund,
  subscription: passSubscription,
}

/** The kinds that time changes. */
export const passingKinds = Object.keys(passing)

/** Does everything that is due at `now` (seconds), and what becomes due by it. Resolves to whether there was anything. */
export async function passTime(house: House, now: number): Promise<boolean> {
  let any = false
  for (;;) {
    const due = await dueAt(house, now)
    if (due.length === 0) return any
    any = true
    try {
      await inWork(house, (work) => passAll(work, due), { now })
    } catch (error) {
      house.log({
        level: 'warn',
        msg: 'a batch of due objects failed and is done one by one',
        error: String(error),
      })
      for (const one of due) await passAlone(house, one, now)
    }
  }
}

async function dueAt(house: House, now: number): Promise<Due[]> {
  const { rows } = await sql<Due>`
    select id, kind from sandbox.objects where due_at <= ${now} and kind = any(${passingKinds}::text[]) order by due_at, seq limit ${batchSize}`.execute(
    house.db,
  )
  return rows
}

async function passAll(work: Work, due: Due[]): Promise<void> {
  await loadDue(work, due)
  for (const { id, kind } of due) await passing[kind]?.(work, id)
}

/** One object that fails must not hold up all the others: it is tried again a day later. */
async function passAlone(house: House, due: Due, now: number): Promise<void> {
  try {
    await inWork(house, (work) => passAll(work, [due]), { now })
  } catch (error) {
    house.log({
      level: 'error',
      msg: 'time could not pass for an object',
      id: due.id,
      error: String(error instanceof Error ? error.stack : error),
    })
    await sql`update sandbox.objects set due_at = ${now + 86_400} where id = ${due.id}`.execute(house.db)
  }
}
