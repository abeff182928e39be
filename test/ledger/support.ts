import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { balanceOf } from '../../src/ledger/balance.ts'
import { currencyCode, minorUnits } from '../../src/money/money.ts'
import { stripeBalanceOf } from '../../src/orders/stripe-balance-of.ts'
import { eventually, type Newsstand } from '../support/newsstand.ts'
import { cards, choose, goToPayment, pay, wayBack } from '../support/personas.ts'

export function orderOf({ db }: Newsstand, email: string) {
  return db.selectFrom('orders').selectAll().where('email', '=', email).executeTakeFirstOrThrow()
}

/** Buys with this card, up to the order's page. */
export async function buy(
  newsstand: Newsstand,
  email: string,
  plan = 'all-access-annual',
  card: string = cards.good,
) {
  const reader = newsstand.visitor()
  await choose(reader, plan)
  await reader.get(wayBack(await pay(await goToPayment(reader, email), email, card))).expect(303)
  return orderOf(newsstand, email)
}

export async function advance({ sandboxUrl }: Newsstand, days: number): Promise<void> {
  await postJson(`${sandboxUrl}/clock/advance`, { days })
}

/** In which currency the sandbox's account settles, and how late it learns what a charge cost. */
export async function setAccount({ sandboxUrl }: Newsstand, settings: object): Promise<void> {
  await postJson(`${sandboxUrl}/account`, settings)
}

async function postJson(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.text())
}

export async function setFaults({ sandboxUrl }: Newsstand, faults: Record<string, string>): Promise<void> {
  const body = new URLSearchParams({ reset: 'on', ...faults })
  const answer = await fetch(`${sandboxUrl}/faults`, { method: 'POST', body })
  assert.ok(answer.ok, await answer.text())
}

/** "payment: stripe_pending 13000 USD, sales -13000 USD", in the order of writing. */
export async function ledgerOf({ db }: Newsstand, orderId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('ledger_postings')
    .innerJoin('ledger_entries', 'ledger_entries.posting_id', 'ledger_postings.id')
    .select(['ledger_postings.id', 'kind', 'account', 'amount', 'currency'])
    .where('order_id', '=', orderId)
    .orderBy('ledger_postings.id')
    .orderBy('line')
    .execute()
  return [...Map.groupBy(rows, (row) => row.id).values()].map((entries) => {
    const words = entries.map(({ account, amount, currency }) => `${account} ${amount} ${currency}`)
    return `${entries[0]?.kind}: ${words.join(', ')}`
  })
}

export async function texts(amounts: ReturnType<typeof balanceOf>): Promise<string[]> {
  return (await amounts).map((amount) => `${minorUnits(amount)} ${currencyCode(amount)}`)
}

/** Nothing is under way any more, and Stripe holds for the order what our entries say. Returns that. */
export function settledBalance({ db, stripe }: Newsstand, orderId: string): Promise<string[]> {
  return eventually(async () => {
    assert.deepEqual(await texts(balanceOf(db, orderId, 'stripe_pending')), [])
    const ours = await texts(balanceOf(db, orderId))
    assert.deepEqual(ours, await texts(stripeBalanceOf(stripe, db, orderId)))
    return ours
  })
}

/** As if it had never been posted, which no statement of ours can do; `kind` null: all of it. */
export async function forgetPostings(
  { db }: Newsstand,
  orderId: string,
  kind: 'payment' | 'arrival' | null = null,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const each = async (word: 'DISABLE' | 'ENABLE') => {
      for (const table of ['ledger_postings', 'ledger_entries', 'ledger_terms'])
        await sql.raw(`ALTER TABLE ${table} ${word} TRIGGER ${table}_final`).execute(tx)
    }
    await each('DISABLE')
    const rows = await tx
      .selectFrom('ledger_postings')
      .select(['id', 'kind'])
      .where('order_id', '=', orderId)
      .execute()
    const ids = rows.filter((row) => kind === null || row.kind === kind).map((row) => row.id)
    if (ids.length > 0) {
      await tx.deleteFrom('ledger_entries').where('posting_id', 'in', ids).execute()
      await tx.deleteFrom('ledger_terms').where('posting_id', 'in', ids).execute()
      await tx.deleteFrom('ledger_postings').where('id', 'in', ids).execute()
    }
    await each('ENABLE')
  })
}
