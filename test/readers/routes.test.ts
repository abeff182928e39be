import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import request from 'supertest'
import { codeFor, cookieOf, type House, openHouse, otherThan, publicationTime, signIn } from './house.ts'
import { openUnproved } from './unproved.ts'

let house: House

before(async () => {
  house = await openHouse()
})
after(() => house.close())
beforeEach(() => house.db.deleteFrom('limits').execute())

const get = (path: string, cookie = '') => request(house.app).get(path).set('Cookie', cookie)
const post = (path: string, fields: Record<string, string>, cookie = '') =>
  request(house.app).post(path).type('form').set('Cookie', cookie).send(fields)

test('from the form to the account in three requests', async () => {
  const form = await get('/sign-in?next=/checkout')
  assert.deepEqual(form.body, {
    view: 'readers/sign-in',
    secret: true,
    email: '',
    next: '/checkout',
    error: null,
  })
  const sent = await post('/sign-in', { email: 'Alice@example.test', next: '/checkout' })
  assert.deepEqual(
    [sent.status, sent.headers.location],
    [303, '/sign-in/code?email=alice%40example.test&next=%2Fcheckout'],
  )
  const code = await get(sent.headers.location ?? '')
  assert.deepEqual(code.body, {
    view: 'readers/code',
    secret: true,
    email: 'alice@example.test',
    code: '',
    next: '/checkout',
    error: null,
  })
  const done = await post('/sign-in/code', {
    email: 'alice@example.test',
    code: codeFor(house, 'alice@example.test'),
    next: '/checkout',
  })
  assert.deepEqual([done.status, done.headers.location], [303, '/checkout'])
  const { body } = await get('/who', cookieFrom(done))
  assert.deepEqual([body.email, body.proved], ['alice@example.test', true])
})

test('the code is in the mailbox when the form is answered, without an earlier page or a token', async () => {
  await post('/sign-in', { email: 'quick@example.test' })
  const done = await post('/sign-in/code', {
    email: 'quick@example.test',
    code: codeFor(house, 'quick@example.test'),
  })
  assert.deepEqual([done.status, done.headers.location], [303, '/account'])
})

test('staff go on to their pages', async () => {
  const { readerId } = await signIn(house, 'dora@example.test')
  await house.db
    .insertInto('staff')
    .values({ reader_id: readerId, role: 'owner', since: publicationTime })
    .execute()
  await post('/sign-in', { email: 'dora@example.test' })
  const done = await post('/sign-in/code', {
    email: 'dora@example.test',
    code: codeFor(house, 'dora@example.test'),
  })
  assert.equal(done.headers.location, '/admin')
  assert.equal((await get('/sign-in', cookieFrom(done))).headers.location, '/admin')
})

test('an address that is none comes back with the form', async () => {
  for (const email of ['', 'alice', 'alice@']) {
    const answer = await post('/sign-in', { email, next: '/checkout' })
    assert.equal(answer.status, 422)
    assert.deepEqual(
      [answer.body.view, answer.body.email, answer.body.next],
      ['readers/sign-in', email, '/checkout'],
    )
    assert.match(answer.body.error, /e-mail address/)
  }
  const twice = await request(house.app).post('/sign-in').type('form').send('email=a@b.cd&email=e@f.gh')
  assert.equal(twice.status, 422)
  assert.equal((await request(house.app).post('/sign-in')).status, 422)
})

test('a wrong code comes back with the form, and the code works after it', async () => {
  await post('/sign-in', { email: 'bob@example.test' })
  const code = codeFor(house, 'bob@example.test')
  const wrong = await post('/sign-in/code', {
    email: 'bob@example.test',
    code: otherThan(code),
    next: '/checkout',
  })
  assert.equal(wrong.status, 422)
  assert.deepEqual(
    [wrong.body.view, wrong.body.email, wrong.body.code, wrong.body.next],
    ['readers/code', 'bob@example.test', '', '/checkout'],
  )
  assert.match(wrong.body.error, /not the code/)
  assert.equal(wrong.headers['set-cookie'], undefined)
  assert.equal((await post('/sign-in/code', { email: 'bob@example.test', code })).status, 303)
  assert.equal((await post('/sign-in/code', { email: 'bob@example.test', code })).status, 422)
  assert.equal((await request(house.app).post('/sign-in/code')).status, 422)
})

test('a code that ran out, or was tried too often, says which', async () => {
  await post('/sign-in', { email: 'late@example.test' })
  await house.db
    .updateTable('sign_in_codes')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .execute()
  const late = await post('/sign-in/code', {
    email: 'late@example.test',
    code: codeFor(house, 'late@example.test'),
  })
  assert.deepEqual([late.status, /run out/.test(late.body.error)], [422, true])
  await post('/sign-in', { email: 'often@example.test' })
  const code = codeFor(house, 'often@example.test')
  for (let turn = 0; turn < 5; turn++)
    await post('/sign-in/code', { email: 'often@example.test', code: otherThan(code) })
  const often = await post('/sign-in/code', { email: 'often@example.test', code })
  assert.deepEqual([often.status, /too often/.test(often.body.error)], [422, true])
})

test('over the limit, the form says when to try again', async () => {
  for (let turn = 0; turn < 12; turn++) {
    assert.equal((await post('/sign-in', { email: 'limits@example.test' })).status, 303)
  }
  const limited = await post('/sign-in', { email: 'limits@example.test' })
  assert.equal(limited.status, 429)
  assert.ok(Number(limited.headers['retry-after']) > 3500)
  assert.match(limited.body.error, /in (59|60) minutes/)
  for (let turn = 0; turn < 30; turn++)
    await post('/sign-in/code', { email: 'tries@example.test', code: '123456' })
  const tries = await post('/sign-in/code', { email: 'tries@example.test', code: '123456' })
  assert.equal(tries.status, 429)
  assert.ok(Number(tries.headers['retry-after']) > 3500)
})

test('networks are counted by the address that the proxy saw', async () => {
  const from = (ip: string) =>
    request(house.app)
      .post('/sign-in')
      .type('form')
      .set('X-Forwarded-For', ip)
      .send({ email: 'x@example.test' })
  await from('203.0.113.9')
  await house.db.updateTable('limits').set({ uses: 300 }).execute()
  await house.db.deleteFrom('limits').where('uses', '<', 300).execute()
  assert.equal((await from('203.0.113.9')).status, 429)
  const elsewhere = await request(house.app)
    .post('/sign-in')
    .type('form')
    .set('X-Forwarded-For', '203.0.113.10')
    .send({ email: 'y@example.test' })
  assert.equal(elsewhere.status, 303)
})

test('the link in the mail fills the form in and uses nothing up', async () => {
  await post('/sign-in', { email: 'link@example.test', next: '/orders/1001' })
  const mail = house.sent.findLast(({ to }) => to === 'link@example.test')
  const link = /http:\/\/\S+/.exec(mail?.text ?? '')?.[0] ?? ''
  assert.ok(link.startsWith('http://localhost:34567/sign-in/code?for='))
  const path = link.slice('http://localhost:34567'.length)
  for (let scanner = 0; scanner < 3; scanner++) await get(path)
  const { body } = await get(path)
  const code = codeFor(house, 'link@example.test')
  assert.deepEqual(
    [body.view, body.email, body.code, body.next],
    ['readers/code', 'link@example.test', code, '/orders/1001'],
  )
  assert.equal((await post('/sign-in/code', { email: body.email, code: body.code })).status, 303)
})

test('a code page for nobody leads to the beginning', async () => {
  for (const path of [
    '/sign-in/code',
    '/sign-in/code?email=nonsense',
    '/sign-in/code?for=zz&code=123456',
    '/sign-in/code?email=a@b.cd&email=c@d.ef',
  ]) {
    const answer = await get(path)
    assert.deepEqual([answer.status, answer.headers.location], [303, '/sign-in'], path)
  }
})

test('a code that was mailed on the way shows its form at /sign-in itself', async () => {
  const { body } = await get('/sign-in?mailed=alice@example.test&next=/checkout')
  assert.deepEqual([body.view, body.email, body.next], ['readers/code', 'alice@example.test', '/checkout'])
})

test('no form and no link leads to another site', async () => {
  for (const next of [
    '//other.test',
    'https://other.test',
    '/\\other.test',
    '/\t/other.test',
    'javascript:alert(1)',
  ]) {
    const asked = await get(`/sign-in?${new URLSearchParams({ next })}`)
    assert.equal(asked.body.next, '')
    const sent = await post('/sign-in', { email: 'next@example.test', next })
    assert.equal(sent.headers.location, '/sign-in/code?email=next%40example.test')
    const code = codeFor(house, 'next@example.test')
    const done = await post('/sign-in/code', { email: 'next@example.test', code, next })
    assert.equal(done.headers.location, '/account')
    const again = await get(`/sign-in?${new URLSearchParams({ next })}`, cookieFrom(done))
    assert.equal(again.headers.location, '/account')
  }
})

test('who is signed in goes on; who has only paid is asked for a code', async () => {
  const { cookie } = await signIn(house, 'alice@example.test')
  const proved = await get('/sign-in?next=/cart', cookie)
  assert.deepEqual([proved.status, proved.headers.location], [303, '/cart'])
  const paid = await openUnproved(house, 'paid@example.test')
  const asked = await get('/sign-in', paid.cookie)
  assert.deepEqual([asked.status, asked.body.email], [200, 'paid@example.test'])
})

test('proving the address in the browser that paid replaces its session', async () => {
  const paid = await openUnproved(house, 'same@example.test')
  await post('/sign-in', { email: 'same@example.test' }, paid.cookie)
  const fields = { email: 'same@example.test', code: codeFor(house, 'same@example.test') }
  const done = await post('/sign-in/code', fields, paid.cookie)
  assert.equal((await get('/who', paid.cookie)).body, null)
  const { body } = await get('/who', cookieFrom(done))
  assert.deepEqual([body.readerId, body.proved], [paid.readerId, true])
})

test('signing out ends the session, and again does no harm', async () => {
  const { cookie } = await signIn(house, 'leaving@example.test')
  const other = await signIn(house, 'leaving@example.test')
  const left = await post('/sign-out', {}, cookie)
  assert.deepEqual([left.status, left.headers.location], [303, '/'])
  assert.match(left.headers['set-cookie']?.[0] ?? '', /^newsstand_session=; Max-Age=0; Path=\//)
  assert.equal((await get('/who', cookie)).body, null)
  assert.notEqual((await get('/who', other.cookie)).body, null)
  assert.equal((await post('/sign-out', {}, cookie)).status, 303)
  assert.equal((await post('/sign-out', {})).status, 303)
})

test('another site cannot send these forms', async () => {
  for (const path of ['/sign-in', '/sign-in/code', '/sign-out']) {
    const answer = await request(house.app)
      .post(path)
      .type('form')
      .set('Sec-Fetch-Site', 'cross-site')
      .send({ email: 'a@b.cd' })
    assert.equal(answer.status, 403)
  }
})

function cookieFrom(answer: { headers: Record<string, string | string[] | undefined> }): string {
  const [setCookie = ''] = [answer.headers['set-cookie'] ?? []].flat()
  return cookieOf(setCookie)
}
