import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recordDrift } from '../../src/orders/drift.ts'
import { mendDrift } from '../../src/reconcile/mend-drift.ts'
import { compareAll, openDrift, orderOf, setFaults } from '../reconcile/support.ts'
import { eventually, openNewsstand } from '../support/newsstand.ts'
import { signIn, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db, deps } = newsstand
const dora = newsstand.visitor()
await signIn(newsstand, dora, 'owner@newsstand.test')
const number = await subscribe(newsstand.visitor(), 'alice@example.com')

/** An order whose total differs; its id on the drift page. */
async function tamper(): Promise<string> {
  await db.updateTable('orders').set({ total: 1 }).where('number', '=', number).execute()
  await compareAll(newsstand)
  const [drift] = await openDrift(newsstand)
  return drift?.id ?? ''
}

async function totalOf(): Promise<number> {
  return (await orderOf(newsstand, number)).total
}

describe('the drift page', () => {
  it('tells that every cent is here, when that was found', async () => {
    assert.match((await dora.get('/admin/drift')).text, /Nothing has been compared yet/)
    await compareAll(newsstand)
    assert.match((await dora.get('/admin/drift')).text, /Every cent in Stripe is a cent in Newsstand/)
  })

  it('compares when staff ask, once however often they press, and shows how it went', async () => {
    const before = await db.selectFrom('comparisons').selectAll().execute()
    await dora.post('/admin/drift/comparisons').expect(303).expect('Location', '/admin/drift')
    await eventually(async () => {
      const rows = await db
        .selectFrom('comparisons')
        .selectAll()
        .where('asked_by', '=', 'owner@newsstand.test')
        .execute()
      assert.equal(rows.length, 1)
      assert.ok(rows[0]?.finished_at)
    })
    assert.equal((await db.selectFrom('comparisons').selectAll().execute()).length, before.length + 1)
    assert.match((await dora.get('/admin/drift')).text, /owner@newsstand\.test/)
  })

  it('shows both sides, counts on the desk and in the metrics, and filters by its address', async () => {
    const id = await tamper()
    const { text } = await dora.get('/admin/drift').expect(200)
    for (const part of ['Another total', '$130.00 USD were paid', '$0.01 USD', `/admin/drift/${id}`])
      assert.ok(text.includes(part), part)
    assert.doesNotMatch(text, /Every cent/)
    assert.match((await dora.get('/admin')).text, /<strong>1<\/strong> <span>Open differences/)
    assert.match((await newsstand.visitor().get('/metrics')).text, /^newsstand_open_drift 1$/m)
    assert.ok((await dora.get(`/admin/orders/${number}`)).text.includes(`/admin/drift/${id}`))
    assert.ok(!(await dora.get('/admin/drift?kind=customer_gone')).text.includes(id))
    assert.ok(!(await dora.get('/admin/drift?state=closed')).text.includes(id))
    assert.ok((await dora.get('/admin/drift?state=all&kind=amount_differs&after=nonsense')).text.includes(id))
  })
})

describe('mending', () => {
  it('is not for strangers, readers, or editors', async () => {
    const [drift] = await openDrift(newsstand)
    const page = `/admin/drift/${drift?.id}`
    const press = (visitor: typeof dora) =>
      visitor.post(`${page}/fixes`).type('form').send({ fix: 'takeover' })
    await press(newsstand.visitor())
      .expect(303)
      .expect('Location', /^\/sign-in/)
    await newsstand
      .visitor()
      .get(page)
      .expect(303)
      .expect('Location', /^\/sign-in/)
    const carol = newsstand.visitor()
    await signIn(newsstand, carol, 'carol@example.com')
    await press(carol).expect(404)
    await carol.get(page).expect(404)
    await carol.post('/admin/drift/comparisons').expect(404)
    const reader = await db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'carol@example.com')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('staff')
      .values({ reader_id: reader.id, role: 'editor', since: deps.clock() })
      .execute()
    await press(carol).expect(403)
    await carol.post('/admin/drift/comparisons').expect(403)
    assert.doesNotMatch((await carol.get(page).expect(200)).text, /<button[^>]*>Take over/)
    assert.equal(await totalOf(), 1)
  })

  it('refuses what there is not', async () => {
    const [drift] = await openDrift(newsstand)
    const send = (id: string, fix: string) =>
      dora.post(`/admin/drift/${id}/fixes`).type('form').send({ fix, agreed: 'on' })
    await send(drift?.id ?? '', 'nonsense').expect(404)
    await send(crypto.randomUUID(), 'takeover').expect(404)
    await send('nonsense', 'takeover').expect(404)
    await dora.get('/admin/drift/nonsense').expect(404)
  })

  it('that fails says so and leaves the difference open', async () => {
    const [drift] = await openDrift(newsstand)
    await setFaults(newsstand, { api_failure: '1' })
    await dora.post(`/admin/drift/${drift?.id}/fixes`).type('form').send({ fix: 'takeover' }).expect(303)
    await setFaults(newsstand, {})
    const { text } = await dora.get(`/admin/drift/${drift?.id}`)
    assert.match(text, /The last try did not mend it\. Stripe does not answer just now/)
    assert.equal(await totalOf(), 1)
    assert.equal((await openDrift(newsstand)).length, 1)
  })

  it('is done once by two at the same time, and a second press does nothing', async () => {
    const [drift] = await openDrift(newsstand)
    const id = drift?.id ?? ''
    const outcomes = await Promise.all(
      ['dora@example.com', 'erin@example.com', 'dora@example.com'].map((by) =>
        mendDrift(deps, id, 'takeover', by),
      ),
    )
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'mended').length, 1)
    assert.ok(outcomes.every(({ outcome }) => ['mended', 'busy', 'closed'].includes(outcome)))
    assert.equal(await totalOf(), 13_000)
    const again = await dora.post(`/admin/drift/${id}/fixes`).type('form').send({ fix: 'takeover' })
    assert.equal(again.headers.location, `/admin/drift/${id}?result=closed`)
    const history = await db
      .selectFrom('order_history')
      .selectAll()
      .where('text', 'like', 'Total put right%')
      .execute()
    assert.equal(history.length, 1)
    assert.match((await dora.get(`/admin/drift/${id}`)).text, /Take over Stripe’s total/)
  })

  it('names the line that a button ends, and offers none that the order has not', async () => {
    const words = { stripeSays: 'A part went back', weSay: 'It names no line', fix: 'Say what it was for.' }
    const { id: orderId } = await orderOf(newsstand, number)
    await recordDrift(
      db,
      { kind: 'refund_names_no_line', subject: 're_part', orderId, ...words },
      deps.clock(),
    )
    const drift = (await openDrift(newsstand)).find(({ subject }) => subject === 're_part')
    const page = `/admin/drift/${drift?.id}`
    const label = 'End what line 1 opens: All-Access, yearly (cancels its subscription at once)'
    const { text } = await dora.get(page).expect(200)
    assert.ok(text.includes(`${label} …</a>`))
    assert.doesNotMatch(text, /line [23]/)
    assert.ok((await dora.get(`${page}?fix=end-line-1`)).text.includes(`${label}</button>`))
    assert.doesNotMatch((await dora.get(`${page}?fix=end-line-2`)).text, /ends now/)
    assert.equal((await mendDrift(deps, drift?.id ?? '', 'note', 'dora@example.com')).outcome, 'mended')
  })

  it('moves no money before it is agreed to', async () => {
    const words = { stripeSays: 'It is paid', weSay: 'It is not', fix: 'Pay it back.' }
    const { id: orderId, stripe_payment_intent_id: intent } = await orderOf(newsstand, number)
    await recordDrift(db, { kind: 'charge_unknown', subject: intent ?? '', orderId, ...words }, deps.clock())
    const [drift] = await openDrift(newsstand)
    const page = `/admin/drift/${drift?.id}`
    await dora
      .post(`${page}/fixes`)
      .type('form')
      .send({ fix: 'refund' })
      .expect(303)
      .expect('Location', `${page}?fix=refund`)
    assert.equal((await deps.stripe.refunds.list({ payment_intent: intent ?? '' })).data.length, 0)
    assert.match((await dora.get(`${page}?fix=refund`)).text, /goes back to the card/)
  })
})
