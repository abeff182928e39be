import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { signIn, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, stripe, clock } = newsstand
const number = await subscribe(newsstand.visitor(), 'alice@example.com')
await subscribe(newsstand.visitor(), 'monthly@example.com', 'all-access-monthly')
await eventually(async () =>
  assert.equal((await postings()).filter(({ kind }) => kind === 'arrival').length, 2),
)
const dora = newsstand.visitor()
await signIn(newsstand, dora, 'owner@newsstand.test')
const month = clock().toISOString().slice(0, 7)
const day = clock().toISOString().slice(0, 10)

const addresses = [
  '/admin/ledger',
  '/admin/ledger/earned',
  '/admin/ledger/entries.csv',
  '/admin/ledger/earned.csv',
]

function postings() {
  return db.selectFrom('ledger_postings').selectAll().execute()
}

async function csv(address: string): Promise<string[][]> {
  const answer = await dora
    .get(address)
    .buffer(true)
    .expect(200)
    .expect('Content-Type', /^text\/csv/)
  assert.match(answer.headers['content-disposition'] ?? '', /^attachment; filename=ledger-.*\.csv$/)
  return answer.text
    .trim()
    .split('\n')
    .map((line) => line.split(','))
}

describe('who may see the ledger', () => {
  it('strangers are sent to sign in, readers find nothing', async () => {
    const carol = newsstand.visitor()
    await signIn(newsstand, carol, 'carol@example.com')
    for (const address of addresses) {
      await newsstand
        .visitor()
        .get(address)
        .expect(303)
        .expect('Location', /^\/sign-in/)
      await carol.get(address).expect(404)
    }
  })

  it('staff who are not the owner are told so, and are shown no way there', async () => {
    const eve = newsstand.visitor()
    await signIn(newsstand, eve, 'editor@example.com')
    const { id } = await db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'editor@example.com')
      .executeTakeFirstOrThrow()
    await db.insertInto('staff').values({ reader_id: id, role: 'editor', since: clock() }).execute()
    for (const address of addresses) await eve.get(address).expect(403)
    assert.doesNotMatch((await eve.get('/admin').expect(200)).text, /href="\/admin\/ledger"/)
    assert.match((await dora.get('/admin').expect(200)).text, /href="\/admin\/ledger"/)
  })
})

describe('the ledger’s page', () => {
  it('shows this month’s entries and totals', async () => {
    const { text } = await dora.get('/admin/ledger').expect(200)
    assert.match(text, new RegExp(`name="month" value="${month}"`))
    assert.match(text, /Sales at list price<\/th><td>USD<\/td><td class="number amount">−\$143\.00/)
    assert.match(text, new RegExp(`href="/admin/orders/${number}"`))
  })

  it('filters by month and account in the address', async () => {
    const { text } = await dora.get(`/admin/ledger?month=${month}&account=fees`).expect(200)
    assert.equal(text.match(/class="moment"/g)?.length, 2)
    const before = await dora.get('/admin/ledger?month=2020-01').expect(200)
    assert.match(before.text, /No entry fits/)
    assert.match((await dora.get('/admin/ledger?month=all').expect(200)).text, /Totals, all time/)
  })

  it('says what is wrong with a month, an account or a day', async () => {
    for (const query of ['month=2026-13', 'month=0000-01', 'month=9999-12', 'month=soon', 'account=gold'])
      assert.match(
        (await dora.get(`/admin/ledger?${query}`).expect(400)).text,
        /“(2026-13|0000-01|9999-12|soon|gold)”/,
      )
    for (const query of [
      'from=2026-02-30',
      'from=0000-01-01',
      'until=9999-12-31',
      'until=x',
      'from=2026-11-02&until=2026-11-01',
      'account=gold',
    ])
      await dora.get(`/admin/ledger/entries.csv?${query}`).expect(400)
  })

  it('goes on with older entries, each once', async () => {
    const many = Array.from({ length: 520 }, (_, index) => index)
    const { id: order_id } = await db
      .selectFrom('orders')
      .select('id')
      .where('number', '!=', number)
      .executeTakeFirstOrThrow()
    await db.transaction().execute(async (tx) => {
      for (const index of many) {
        const at = new Date(Date.UTC(2021, 0, 1 + Math.floor(index / 100)))
        const { id } = await tx
          .insertInto('ledger_postings')
          .values({ order_id, kind: 'payment', stripe_id: `in_many${index}`, at, posted_at: at })
          .returning('id')
          .executeTakeFirstOrThrow()
        const entry = { posting_id: id, currency: 'EUR' }
        await tx
          .insertInto('ledger_entries')
          .values([
            { ...entry, line: 0, account: 'stripe_pending', amount: 100 },
            { ...entry, line: 1, account: 'sales', amount: -100 },
          ])
          .execute()
      }
    })
    const seen: string[] = []
    let path: string | undefined = '/admin/ledger?month=2021-01&account=sales'
    while (path) {
      const { text }: { text: string } = await dora.get(path).expect(200)
      seen.push(...(text.match(/in_many\d+/g) ?? []))
      path = /href="(\/admin\/ledger\?[^"]*after=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
    }
    assert.equal(seen.length, 520)
    assert.equal(new Set(seen).size, 520)
  })

  it('is beside an order’s payments', async () => {
    const { text } = await dora.get(`/admin/orders/${number}`).expect(200)
    const part = /In the ledger[\s\S]*?<\/table>/.exec(text)?.[0] ?? ''
    assert.deepEqual(part.match(/[−-]?\$[\d.]+/g), ['$130.00', '−$130.00', '−$130.00', '$125.93', '$4.07'])
  })
})

describe('entries.csv', () => {
  it('holds every entry of the days asked for, which add up to zero', async () => {
    const [head, ...rows] = await csv(`/admin/ledger/entries.csv?from=${day}&until=${day}`)
    assert.equal(
      head?.join(),
      'posting,at,kind,order,account,currency,amount,stripe_id,payment_intent,posted_at',
    )
    assert.equal(rows.length, 10)
    assert.equal(Math.round(rows.reduce((sum, row) => sum + Number(row[6]) * 100, 0)), 0)
    const fee = rows.find((row) => row[3] === number && row[4] === 'fees')
    assert.deepEqual(fee?.slice(2, 7), ['arrival', number, 'fees', 'USD', '4.07'])
    assert.match(fee?.[1] ?? '', /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/)
  })

  it('writes the amounts that an account gives as plain negative numbers', async () => {
    const [, ...rows] = await csv(`/admin/ledger/entries.csv?from=${day}&account=sales`)
    assert.deepEqual(rows.map((row) => row[6]).toSorted(), ['-13.00', '-130.00'])
  })

  it('is more than one reading of the database long', async () => {
    const [, ...all] = await csv('/admin/ledger/entries.csv')
    const entries = await db.selectFrom('ledger_entries').select('line').execute()
    assert.equal(all.length, entries.length)
  })

  it('has a head and nothing else where nothing moved', async () => {
    assert.equal((await csv('/admin/ledger/entries.csv?until=2001-01-01')).length, 1)
  })
})

describe('what is earned', () => {
  it('is twelve months of a year’s $130.00, and nothing is deferred in the end', async () => {
    const { text } = await dora.get('/admin/ledger/earned').expect(200)
    assert.match(text, /Deferred at end/)
    assert.match(text, new RegExp(`${month} <span class="hint">this month`))
    const [head, ...rows] = (await csv('/admin/ledger/earned.csv')).filter((row) => row[1] !== 'EUR')
    assert.equal(head?.join(), 'month,currency,sold,earned,deferred_at_end')
    assert.deepEqual(rows[0], [month, 'USD', '143.00', '23.84', '119.16'])
    assert.equal(rows.length, 12)
    assert.equal(rows.at(-1)?.[4], '0.00')
    assert.equal(Math.round(rows.reduce((sum, row) => sum + Number(row[3]) * 100, 0)), 14300)
  })

  it('is less what was given back', async () => {
    const order = await db
      .selectFrom('orders')
      .selectAll()
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    await stripe.refunds.create({ payment_intent: order.stripe_payment_intent_id ?? '', amount: 3000 })
    await eventually(async () => assert.ok((await postings()).some(({ kind }) => kind === 'refund')))
    const rows = (await csv('/admin/ledger/earned.csv')).filter((row) => row[1] === 'USD')
    assert.deepEqual(rows[0], [month, 'USD', '113.00', '23.84', '89.16'])
    assert.equal(Math.round(rows.reduce((sum, row) => sum + Number(row[3]) * 100, 0)), 11300)
    assert.equal(rows.at(-1)?.[4], '0.00')
  })
})
