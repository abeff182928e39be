import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import express from 'express'
import request from 'supertest'
import { realClock } from '../../src/clock.ts'
import { openAuth } from '../../src/readers/auth.ts'
import { openSessionCookie } from '../../src/readers/cookie.ts'
import { loadSession, sessionOf } from '../../src/readers/load-session.ts'
import { openReaders } from '../../src/readers/readers.ts'
import { cookieOf, type House, openHouse, publicationTime, secret, signIn } from './house.ts'
import { openUnproved } from './unproved.ts'

let house: House
const day = 86_400_000

before(async () => {
  house = await openHouse()
})
after(() => house.close())

const who = async (cookie?: string) => {
  const asked = request(house.app).get('/who')
  return cookie ? asked.set('Cookie', cookie) : asked
}

test('a browser with a session is its reader, and one without is nobody', async () => {
  const { readerId, cookie } = await signIn(house, 'alice@example.test')
  const { body } = await who(`theme=dark; ${cookie}; other=1`)
  assert.deepEqual(
    [body.readerId, body.email, body.proved, body.staffRole],
    [readerId, 'alice@example.test', true, null],
  )
  assert.equal('token' in body, false)
  assert.equal((await who()).body, null)
})

test('without a pool, the database is asked', async () => {
  const { readerId, cookie } = await signIn(house, 'without@example.test')
  const readers = openReaders({ ...house.options, db: house.db })
  const app = express().use(readers.loadSession)
  app.get('/', (req, res) => void res.json(sessionOf(req)))
  const { body } = await request(app).get('/').set('Cookie', cookie)
  assert.deepEqual([body.readerId, body.proved], [readerId, true])
})

test('a browser that paid is its reader, proved of nothing', async () => {
  const { readerId, cookie } = await openUnproved(house, 'carol@example.test')
  const { body } = await who(cookie)
  assert.deepEqual([body.readerId, body.proved], [readerId, false])
})

test('staff are staff in a proved session only', async () => {
  const { readerId, cookie } = await openUnproved(house, 'dora@example.test')
  await house.db
    .insertInto('staff')
    .values({ reader_id: readerId, role: 'editor', since: publicationTime })
    .execute()
  assert.equal((await who(cookie)).body.staffRole, null)
  const proved = await signIn(house, 'dora@example.test')
  assert.equal((await who(proved.cookie)).body.staffRole, 'editor')
  assert.equal((await who(cookie)).body, null)
})

test('a forged, foreign, cut or stale cookie is nobody', async () => {
  const { cookie } = await signIn(house, 'bob@example.test')
  const token = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)).split('.')[0] ?? ''
  const foreign = cookieOf(openSessionCookie('another secret', 'http://localhost').give(token))
  const unknown = cookieOf(openSessionCookie(secret, 'http://localhost').give('unknown'))
  const forged = [
    foreign,
    unknown,
    cookie.slice(0, -4),
    `${cookie}x`,
    `newsstand_session=${token}`,
    'newsstand_session=',
    'newsstand_session=%',
    "newsstand_session=' OR 1=1 --.x",
    `newsstand_session=${'x'.repeat(5000)}`,
    cookie.replace('newsstand_session', '__Secure-newsstand_session'),
  ]
  for (const value of forged) {
    const answer = await who(value)
    assert.deepEqual([answer.status, answer.body], [200, null], value)
  }
  await house.db
    .updateTable('sessions')
    .set({ expires_at: new Date(Date.now() - 1) })
    .where('token', '=', token)
    .execute()
  assert.equal((await who(cookie)).body, null)
})

test('no cookie means no query, a signed one means one', async () => {
  const { cookie } = await signIn(house, 'counted@example.test')
  let queries = 0
  const load = loadSession({
    db: house.db,
    ask: async (query) => {
      queries += 1
      return house.pool.query(query)
    },
    auth: { secret, publicUrl: 'http://localhost', logError: () => {} },
    cookie: openSessionCookie(secret, 'http://localhost'),
    clock: () => publicationTime,
    realClock,
  })
  const app = express().use(load)
  app.get('/', (_req, res) => void res.end())
  await request(app).get('/')
  await request(app).get('/').set('Cookie', 'newsstand_session=forged.signature')
  assert.equal(queries, 0)
  await request(app).get('/').set('Cookie', cookie)
  assert.equal(queries, 1)
})

test('a session in use is lengthened once a day, and its cookie given anew', async () => {
  const { readerId, cookie } = await signIn(house, 'often@example.test')
  assert.equal((await who(cookie)).headers['set-cookie'], undefined)
  const twoDaysAgo = new Date(Date.now() - 2 * day)
  await house.db
    .updateTable('sessions')
    .set({ updated_at: twoDaysAgo, expires_at: new Date(Date.now() + 3 * day) })
    .where('reader_id', '=', readerId)
    .execute()
  const lengthened = await who(cookie)
  assert.equal(cookieOf(lengthened.headers['set-cookie']?.[0] ?? ''), cookie)
  const row = await house.db
    .selectFrom('sessions')
    .selectAll()
    .where('reader_id', '=', readerId)
    .executeTakeFirstOrThrow()
  assert.ok(row.expires_at.getTime() > Date.now() + 29 * day)
  assert.equal(row.proved, true)
  assert.equal((await who(cookie)).headers['set-cookie'], undefined)
})

test('lengthening a session that paying opened proves nothing', async () => {
  const { readerId, cookie } = await openUnproved(house, 'slow@example.test')
  await house.db
    .updateTable('sessions')
    .set({ updated_at: new Date(Date.now() - 2 * day) })
    .where('reader_id', '=', readerId)
    .execute()
  await who(cookie)
  assert.equal((await who(cookie)).body.proved, false)
})

test('better-auth makes the same cookie, and takes ours', async () => {
  const { readerId, cookie } = await signIn(house, 'same@example.test')
  const settings = { secret, publicUrl: 'http://localhost:34567', logError: () => {} }
  const auth = openAuth(house.db, settings, publicationTime)
  const session = await auth.api.getSession({ headers: new Headers({ cookie }) })
  assert.equal(session?.user.id, readerId)
  const code = await auth.api.createVerificationOTP({ body: { email: 'same@example.test', type: 'sign-in' } })
  const { headers, response } = await auth.api.signInEmailOTP({
    body: { email: 'same@example.test', otp: code },
    returnHeaders: true,
  })
  const ours = openSessionCookie(secret, 'http://localhost:34567').give(response.token)
  const [theirs = ''] = headers.getSetCookie()
  assert.deepEqual(parts(theirs), parts(ours))
  const behindHttps = await openAuth(
    house.db,
    { ...settings, publicUrl: 'https://paper.test' },
    publicationTime,
  ).$context
  assert.equal(
    behindHttps.authCookies.sessionToken.name,
    openSessionCookie(secret, 'https://paper.test').name,
  )
  assert.equal(behindHttps.authCookies.sessionToken.attributes.secure, true)
})

function parts(setCookie: string): string[] {
  return setCookie.split('; ').toSorted()
}
