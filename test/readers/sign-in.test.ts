import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { inTransaction } from '../../src/db/database.ts'
import {
  codeFor,
  cookieOf,
  type House,
  mailCode,
  openHouse,
  otherThan,
  publicationTime,
  signIn,
} from './house.ts'
import { openUnproved } from './unproved.ts'

let house: House
const network = 'a network'

before(async () => {
  house = await openHouse()
})
after(() => house.close())
beforeEach(async () => {
  await house.db.deleteFrom('limits').execute()
  house.carry.send = async (mail) => void house.sent.push(mail)
})

const use = (email: string, code: string, sessionId: string | null = null) =>
  house.readers.signInWithCode({ email, code, network, sessionId })

test('a mailed code makes the reader of a new address, dated by the publication', async () => {
  const { readerId } = await signIn(house, 'carol@example.test')
  const row = await house.db
    .selectFrom('readers')
    .selectAll()
    .where('id', '=', readerId)
    .executeTakeFirstOrThrow()
  assert.deepEqual(
    [row.email, row.proved, row.created_at, row.updated_at],
    ['carol@example.test', true, publicationTime, publicationTime],
  )
})

test('the same address signs in as the same reader, however it is typed', async () => {
  const first = await signIn(house, 'alice@example.test')
  const code = await mailCode(house, 'alice@example.test')
  const again = await use('  ALICE@Example.test ', ` ${code.slice(0, 3)} ${code.slice(3)} `)
  assert.ok(again.ok)
  assert.equal(again.readerId, first.readerId)
})

test('a mail holds one number of six digits even when address and next hold others', async () => {
  const email = 'reader123456@example.test'
  await house.readers.sendSignInCode({ email, network, next: '/orders/654321' })
  const mail = house.sent.at(-1)
  const runs = `${mail?.subject} ${mail?.text} ${mail?.html}`.match(/\d{6,}/g)
  assert.deepEqual([...new Set(runs)], [codeFor(house, email)])
})

test('a code is sent whether or not there is an account, and the answer does not tell', async () => {
  await signIn(house, 'alice@example.test')
  const known = await house.readers.sendSignInCode({ email: 'alice@example.test', network, next: null })
  const unknown = await house.readers.sendSignInCode({ email: 'nobody@example.test', network, next: null })
  assert.deepEqual([known.sent, unknown.sent], [true, true])
  assert.deepEqual(Object.keys(known), Object.keys(unknown))
  const readers = await house.db
    .selectFrom('readers')
    .select('id')
    .where('email', '=', 'nobody@example.test')
    .execute()
  assert.deepEqual(readers, [])
})

test('what no mail could reach gets no code', async () => {
  for (const email of [
    '',
    'alice',
    'alice@',
    'a b@example.test',
    `${'a'.repeat(65)}@example.test`,
    'a@b.c\nBcc: d@e.fg',
  ]) {
    const sent = await house.readers.sendSignInCode({ email, network, next: null })
    assert.deepEqual(sent, { sent: false, reason: 'no address' })
  }
})

test('a wrong code is refused, and the right one still works', async () => {
  const code = await mailCode(house, 'alice@example.test')
  assert.deepEqual(await use('alice@example.test', otherThan(code)), { ok: false, reason: 'wrong' })
  for (const text of ['', '12345', '1234567', 'abcdef']) {
    assert.deepEqual(await use('alice@example.test', text), { ok: false, reason: 'wrong' })
  }
  assert.equal((await use('alice@example.test', code)).ok, true)
})

test('a code is of no use for another address', async () => {
  await mailCode(house, 'alice@example.test')
  const code = await mailCode(house, 'bob@example.test')
  if (codeFor(house, 'alice@example.test') === code) return
  assert.deepEqual(await use('alice@example.test', code), { ok: false, reason: 'wrong' })
})

test('a code works once', async () => {
  const code = await mailCode(house, 'alice@example.test')
  assert.equal((await use('alice@example.test', code)).ok, true)
  assert.deepEqual(await use('alice@example.test', code), { ok: false, reason: 'wrong' })
})

test('a code posted several times at the same moment signs in once', async () => {
  for (const email of ['alice@example.test', 'quite-new@example.test']) {
    const code = await mailCode(house, email)
    const together = await Promise.all([1, 2, 3, 4].map(() => use(email, code)))
    assert.equal(together.filter((signedIn) => signedIn.ok).length, 1)
    const others = together.filter((signedIn) => !signedIn.ok)
    for (const other of others) assert.deepEqual(other, { ok: false, reason: 'wrong' })
  }
})

test('a newer code makes the older ones useless', async () => {
  const older = await mailCode(house, 'alice@example.test')
  const newer = await mailCode(house, 'alice@example.test')
  if (older !== newer)
    assert.deepEqual(await use('alice@example.test', older), { ok: false, reason: 'wrong' })
  assert.equal((await use('alice@example.test', newer)).ok, true)
  assert.deepEqual(await use('alice@example.test', older), { ok: false, reason: 'wrong' })
})

test('wrong tries at the moment a new code is sent do not bring the old one back', async () => {
  for (let turn = 0; turn < 4; turn++) {
    const older = await mailCode(house, 'alice@example.test')
    await Promise.all([
      use('alice@example.test', otherThan(older)),
      house.readers.sendSignInCode({ email: 'alice@example.test', network, next: null }),
      use('alice@example.test', otherThan(older)),
    ])
    const newer = codeFor(house, 'alice@example.test')
    assert.equal((await use('alice@example.test', newer)).ok, true)
    await house.db.deleteFrom('limits').execute()
  }
})

test('a code that has run out says so', async () => {
  const code = await mailCode(house, 'alice@example.test')
  await house.db
    .updateTable('sign_in_codes')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .execute()
  assert.deepEqual(await use('alice@example.test', code), { ok: false, reason: 'expired' })
})

test('a code lives for ten minutes', async () => {
  await mailCode(house, 'alice@example.test')
  const row = await house.db
    .selectFrom('sign_in_codes')
    .select('expires_at')
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow()
  const minutes = (row.expires_at.getTime() - Date.now()) / 60_000
  assert.ok(minutes > 9.5 && minutes <= 10, `${minutes}`)
})

test('five wrong tries use a code up', async () => {
  const code = await mailCode(house, 'alice@example.test')
  for (let turn = 0; turn < 5; turn++) {
    assert.deepEqual(await use('alice@example.test', otherThan(code)), { ok: false, reason: 'wrong' })
  }
  assert.deepEqual(await use('alice@example.test', code), { ok: false, reason: 'spent' })
  assert.deepEqual(await use('alice@example.test', code), { ok: false, reason: 'wrong' })
})

test('ten codes an hour are allowed, and a limit comes soon after', async () => {
  const email = 'limits@example.test'
  for (let turn = 0; turn < 12; turn++) await mailCode(house, email)
  const refused = await house.readers.sendSignInCode({ email, network, next: null })
  assert.ok(!refused.sent && refused.reason === 'limited')
  assert.ok(refused.retryAfterSeconds > 3500 && refused.retryAfterSeconds <= 3600)
  const other = await house.readers.sendSignInCode({ email: 'other@example.test', network, next: null })
  assert.equal(other.sent, true)
})

test('one network cannot have codes mailed without end', async () => {
  await house.readers.sendSignInCode({ email: 'first@example.test', network, next: null })
  await house.db.updateTable('limits').set({ uses: 300 }).execute()
  const refused = await house.readers.sendSignInCode({ email: 'second@example.test', network, next: null })
  assert.equal(!refused.sent && refused.reason, 'limited')
  const elsewhere = await house.readers.sendSignInCode({
    email: 'third@example.test',
    network: 'another',
    next: null,
  })
  assert.equal(elsewhere.sent, true)
})

test('tries at one address are limited over all its codes, and a success starts afresh', async () => {
  const email = 'guessed@example.test'
  for (let codes = 0; codes < 5; codes++) {
    const code = await mailCode(house, email)
    for (let turn = 0; turn < 5; turn++) await use(email, otherThan(code))
  }
  assert.equal((await use(email, await mailCode(house, email))).ok, true)
  for (let turn = 0; turn < 30; turn++) await use(email, '123456')
  const limited = await use(email, await mailCode(house, email))
  assert.ok(!limited.ok && limited.reason === 'limited' && limited.retryAfterSeconds > 3500)
})

test('a stranger’s network uses up its own codes and tries for an address, not its owner’s', async () => {
  const email = 'targeted@example.test'
  const stranger = { email, network: 'a stranger’s', next: null }
  for (let turn = 0; turn < 12; turn++) assert.ok((await house.readers.sendSignInCode(stranger)).sent)
  assert.ok(!(await house.readers.sendSignInCode(stranger)).sent)
  const guess = { email, network: 'a stranger’s', code: '123456', sessionId: null }
  for (let turn = 0; turn < 31; turn++) await house.readers.signInWithCode(guess)
  const refused = await house.readers.signInWithCode(guess)
  assert.equal(!refused.ok && refused.reason, 'limited')
  assert.equal((await use(email, await mailCode(house, email))).ok, true)
})

test('strangers in many networks use up what an address has, and not what a browser has that proved it', async () => {
  const email = 'surrounded@example.test'
  const browser = 'the owner’s browser'
  const send = (from: string, known: string | null) =>
    house.readers.sendSignInCode({ email, network: from, browser: known, next: null })
  for (let turn = 0; turn < 36; turn++) assert.ok((await send(`network ${turn % 6}`, null)).sent)
  assert.ok(!(await send('network 9', null)).sent)
  const guess = (from: string) =>
    house.readers.signInWithCode({ email, network: from, code: '123456', sessionId: null })
  const results = []
  for (let turn = 0; turn < 61; turn++) results.push(await guess(`network ${turn % 6}`))
  const last = results.at(-1)
  assert.equal(last?.ok === false && last.reason, 'limited')
  for (let turn = 0; turn < 11; turn++) assert.ok((await send('home', browser)).sent)
  const code = await mailCode(house, email, 'home', browser)
  const owner = { email, network: 'home', browser, code, sessionId: null }
  assert.equal((await house.readers.signInWithCode(owner)).ok, true)
  assert.ok(!(await send('home', browser)).sent)
})

test('guessing stays hopeless: a hundred tries a day, from however many networks', async () => {
  const email = 'guessed-widely@example.test'
  await mailCode(house, email)
  let tried = 0
  for (let hours = 0; hours < 4; hours++) {
    for (let turn = 0; turn < 70; turn++) {
      const network = `network ${hours} ${turn % 5}`
      const guess = await house.readers.signInWithCode({ email, network, code: '123456', sessionId: null })
      if (!guess.ok && guess.reason !== 'limited') tried += 1
    }
    // An hour later: the windows of an hour have ended, those of a day have not.
    const now = new Date()
    const soon = new Date(now.getTime() + 3 * 3_600_000)
    await house.db.updateTable('limits').set({ ends_at: now }).where('ends_at', '<', soon).execute()
  }
  assert.ok(tried <= 100, `${tried} tries`)
  assert.ok(tried >= 60, `${tried} tries`)
})

test('a browser that signs in anew leaves no session behind', async () => {
  const first = await signIn(house, 'alice@example.test')
  const [session] = await sessionsOf(first.readerId)
  const before = (await sessionsOf(first.readerId)).length
  const code = await mailCode(house, 'alice@example.test')
  assert.ok((await use('alice@example.test', code, session?.id ?? null)).ok)
  const left = await sessionsOf(first.readerId)
  assert.equal(left.length, before)
  assert.ok(!left.some(({ id }) => id === session?.id))
})

test('nothing about where a reader is gets stored, and no code in plain text', async () => {
  const code = await mailCode(house, 'alice@example.test')
  const codes = JSON.stringify(await house.db.selectFrom('sign_in_codes').selectAll().execute())
  const mails = JSON.stringify(await house.db.selectFrom('mails').selectAll().execute())
  assert.doesNotMatch(codes, new RegExp(code))
  assert.doesNotMatch(mails, new RegExp(`\\b${code}\\b`))
  const limits = JSON.stringify(await house.db.selectFrom('limits').selectAll().execute())
  assert.doesNotMatch(limits, /alice|network/)
})

test('a mail server that fails does not keep the page, and the log names nobody', async () => {
  house.carry.send = async () => {
    throw Object.assign(new Error('alice@example.test: mailbox busy'), {
      code: 'EENVELOPE',
      responseCode: 450,
    })
  }
  const sent = await house.readers.sendSignInCode({ email: 'alice@example.test', network, next: null })
  assert.equal(sent.sent, true)
  assert.deepEqual(house.logged, [
    ['NotSentYet: a mail was not taken (EENVELOPE 450)', 'a code could not be mailed at once'],
  ])
  house.logged.length = 0
})

test('a mail server that is slow is not waited for beyond patience', async () => {
  let finish = () => {}
  house.carry.send = () =>
    new Promise<void>((resolve) => {
      finish = resolve
    })
  const began = Date.now()
  await house.readers.sendSignInCode({ email: 'alice@example.test', network, next: null })
  const took = Date.now() - began
  assert.ok(took >= 3_900 && took < 6_000, `${took}`)
  finish()
  await wait(50)
})

test('staff are told to be staff', async () => {
  const { readerId } = await signIn(house, 'dora@example.test')
  await house.db
    .insertInto('staff')
    .values({ reader_id: readerId, role: 'support', since: publicationTime })
    .execute()
  const code = await mailCode(house, 'dora@example.test')
  const signedIn = await use('dora@example.test', code)
  assert.equal(signedIn.ok && signedIn.staffRole, 'support')
})

test('the first proof of an address ends the session that paying opened, and later ones end none', async () => {
  const { readerId } = await openUnproved(house, 'paid@example.test')
  assert.equal((await sessionsOf(readerId)).length, 1)
  const first = await signIn(house, 'paid@example.test')
  assert.equal(first.readerId, readerId)
  assert.deepEqual(
    (await sessionsOf(readerId)).map(({ proved }) => proved),
    [true],
  )
  await signIn(house, 'paid@example.test')
  assert.equal((await sessionsOf(readerId)).length, 2)
})

test('a code failing in the database leaves code, reader and limit as they were', async () => {
  const code = await mailCode(house, 'rollback@example.test')
  await inTransaction(house.db, async (tx) => {
    await tx.schema.alterTable('sessions').renameTo('sessions_away').execute()
  })
  await assert.rejects(use('rollback@example.test', code))
  await house.db.schema.alterTable('sessions_away').renameTo('sessions').execute()
  const readers = await house.db
    .selectFrom('readers')
    .select('id')
    .where('email', '=', 'rollback@example.test')
    .execute()
  assert.deepEqual(readers, [])
  const signedIn = await use('rollback@example.test', code)
  assert.ok(signedIn.ok && cookieOf(signedIn.setCookie).startsWith('newsstand_session='))
})

function sessionsOf(readerId: string) {
  return house.db.selectFrom('sessions').select(['id', 'proved']).where('reader_id', '=', readerId).execute()
}
