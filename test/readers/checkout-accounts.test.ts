import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import express, { type ErrorRequestHandler, type Express } from 'express'
import request from 'supertest'
import { PublicError, TooManyRequests } from '../../src/errors.ts'
import { type Accounts, openAccounts } from '../../src/readers/accounts.ts'
import { codeFor, cookieOf, type House, openHouse, signIn } from './house.ts'
import { openUnproved } from './unproved.ts'

let house: House
let app: Express

before(async () => {
  house = await openHouse()
  app = appOf(openAccounts(house.db, house.readers))
})
after(() => house.close())
beforeEach(() => house.db.deleteFrom('limits').execute())

test('an address with an account is sent to /sign-in with the code already mailed', async () => {
  await signIn(house, 'alice@example.test')
  const answer = await request(app).get('/ask?email=alice@example.test')
  assert.equal(answer.status, 303)
  const location = new URL(answer.headers.location ?? '', 'http://localhost')
  assert.deepEqual([location.pathname, location.searchParams.get('next')], ['/sign-in', '/checkout'])
  const page = await request(house.app).get(answer.headers.location ?? '')
  assert.deepEqual(
    [page.body.view, page.body.email, page.body.next],
    ['readers/code', 'alice@example.test', '/checkout'],
  )
  const code = codeFor(house, 'alice@example.test')
  const fields = { email: page.body.email, next: page.body.next, code }
  const done = await request(house.app).post('/sign-in/code').type('form').send(fields)
  assert.deepEqual([done.status, done.headers.location], [303, '/checkout'])
})

test('no address, and one that asked too often, are told', async () => {
  assert.equal((await request(app).get('/ask?email=alice')).status, 422)
  for (let turn = 0; turn < 12; turn++) await request(app).get('/ask?email=bob@example.test')
  const limited = await request(app).get('/ask?email=bob@example.test')
  assert.equal(limited.status, 429)
  assert.ok(Number(limited.headers['retry-after']) > 3500)
})

test('a browser that paid is signed in to read, unless the address is proved', async () => {
  const { readerId } = await openUnproved(house, 'carol@example.test')
  const paid = await request(app).get(`/paid?readerId=${readerId}`)
  const cookie = cookieOf(paid.headers['set-cookie']?.[0] ?? '')
  const { body } = await request(app).get('/reader').set('Cookie', cookie)
  assert.deepEqual([body.readerId, body.proved], [readerId, false])
  await signIn(house, 'carol@example.test')
  const late = await request(app).get(`/paid?readerId=${readerId}`)
  assert.deepEqual([late.status, late.headers['set-cookie']], [200, undefined])
  assert.equal((await request(app).get('/reader').set('Cookie', cookie)).body, null)
})

test('a network has 100 checkouts a minute, and not without end', async () => {
  for (let turn = 0; turn < 120; turn++) assert.equal((await request(app).get('/limit')).body, null)
  const { body } = await request(app).get('/limit')
  assert.ok(body > 0 && body <= 60, `${body}`)
})

/** The checkout's questions as addresses. */
function appOf(accounts: Accounts): Express {
  const fixture = express()
  fixture.use(house.readers.loadSession)
  fixture.get('/ask', (req, res) => accounts.askForCode(req, res, String(req.query.email), '/checkout'))
  fixture.get('/paid', async (req, res) => {
    await accounts.signInUnproved(req, res, String(req.query.readerId))
    res.end()
  })
  fixture.get('/reader', (req, res) => void res.json(accounts.readerOf(req)))
  fixture.get('/limit', async (req, res) => void res.json(await accounts.limitCheckout(req)))
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    if (error instanceof TooManyRequests) res.set('Retry-After', String(error.retryAfterSeconds))
    res.status(error instanceof PublicError ? error.status : 500).end()
  }
  return fixture.use(onError)
}
