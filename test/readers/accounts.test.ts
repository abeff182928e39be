import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { inTransaction } from '../../src/db/database.ts'
import { correctEmail } from '../../src/readers/correct-email.ts'
import { endSessions } from '../../src/readers/end-sessions.ts'
import { ensureOwner } from '../../src/readers/ensure-owner.ts'
import { hasAccount } from '../../src/readers/has-account.ts'
import { readerForPaidEmail } from '../../src/readers/paid-reader.ts'
import { codeFor, type House, mailCode, openHouse, publicationTime, signIn } from './house.ts'
import { openUnproved } from './unproved.ts'

let house: House

before(async () => {
  house = await openHouse()
})
after(() => house.close())
beforeEach(() => house.db.deleteFrom('limits').execute())

const correct = (readerId: string, email: string) =>
  inTransaction(house.db, (tx) => correctEmail(tx, { readerId, email, at: publicationTime, now: new Date() }))

const readerFor = (email: string) =>
  inTransaction(house.db, (tx) => readerForPaidEmail(tx, email, publicationTime))

test('a paid address gets one reader, who has proved nothing', async () => {
  const made = await Promise.all([1, 2, 3].map(() => readerFor('carol@example.test')))
  assert.equal(new Set(made.map(({ readerId }) => readerId)).size, 1)
  assert.equal(made.filter(({ created }) => created).length, 1)
  const row = await house.db
    .selectFrom('readers')
    .selectAll()
    .where('email', '=', 'carol@example.test')
    .executeTakeFirstOrThrow()
  assert.deepEqual([row.proved, row.created_at], [false, publicationTime])
})

test('paying and signing in with a new address at the same moment make one reader', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const email = `same${turn}@example.test`
    const code = await mailCode(house, email)
    const [paid, signedIn] = await Promise.all([
      readerFor(email),
      house.readers.signInWithCode({ email, code, network: 'a network', sessionId: null }),
    ])
    assert.ok(signedIn.ok)
    assert.equal(signedIn.readerId, paid.readerId)
  }
})

test('an address has an account from its first order or proof on', async () => {
  assert.equal(await hasAccount(house.db, 'new@example.test'), false)
  await mailCode(house, 'new@example.test')
  assert.equal(await hasAccount(house.db, 'new@example.test'), false)
  await readerFor('new@example.test')
  assert.equal(await hasAccount(house.db, ' NEW@example.test'), true)
  assert.equal(await hasAccount(house.db, 'nonsense'), false)
})

test('no session is opened by paying once the address is proved, nor for nobody', async () => {
  const { readerId } = await signIn(house, 'proved@example.test')
  const open = (id: string) => inTransaction(house.db, (tx) => house.readers.openUnprovedSession(tx, id))
  assert.equal(await open(readerId), null)
  assert.equal(await open('00000000-0000-4000-8000-000000000000'), null)
})

test('a session opened by paying is not there when its transaction is rolled back', async () => {
  const { readerId } = await readerFor('undone@example.test')
  const failing = inTransaction(house.db, async (tx) => {
    assert.ok(await house.readers.openUnprovedSession(tx, readerId))
    throw new Error('rolled back')
  })
  await assert.rejects(failing, /rolled back/)
  assert.equal(await inTransaction(house.db, (tx) => endSessions(tx, readerId)), 0)
})

test('a proof and a return from paying at the same moment leave no unproved session', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const email = `race${turn}@example.test`
    const { readerId } = await openUnproved(house, email)
    const code = await mailCode(house, email)
    await Promise.all([
      house.readers.signInWithCode({ email, code, network: 'a network', sessionId: null }),
      inTransaction(house.db, (tx) => house.readers.openUnprovedSession(tx, readerId)),
    ])
    const sessions = await house.db
      .selectFrom('sessions')
      .select('proved')
      .where('reader_id', '=', readerId)
      .execute()
    assert.deepEqual(sessions, [{ proved: true }])
  }
})

test('who has proved nothing may correct a mistyped address', async () => {
  const { readerId } = await openUnproved(house, 'mistiped@example.test')
  assert.deepEqual(await correct(readerId, ' Mistyped@example.test'), {
    ok: true,
    email: 'mistyped@example.test',
  })
  assert.deepEqual(await correct(readerId, 'mistyped@example.test'), {
    ok: true,
    email: 'mistyped@example.test',
  })
  assert.equal(await hasAccount(house.db, 'mistiped@example.test'), false)
  assert.equal((await signIn(house, 'mistyped@example.test')).readerId, readerId)
})

test('a code for the old address opens nothing of the corrected account', async () => {
  const { readerId } = await openUnproved(house, 'old@example.test')
  const code = await mailCode(house, 'old@example.test')
  await correct(readerId, 'corrected@example.test')
  const stranger = await house.readers.signInWithCode({
    email: 'old@example.test',
    code,
    network: 'a network',
    sessionId: null,
  })
  assert.ok(stranger.ok)
  assert.notEqual(stranger.readerId, readerId)
})

test('proof of the old address and its correction at the same moment: one of them happens', async () => {
  for (let turn = 0; turn < 6; turn++) {
    const [old, corrected] = [`was${turn}@example.test`, `is${turn}@example.test`]
    const { readerId } = await openUnproved(house, old)
    const code = await mailCode(house, old)
    const [signedIn, correction] = await Promise.all([
      house.readers.signInWithCode({ email: old, code, network: 'a network', sessionId: null }),
      correct(readerId, corrected),
    ])
    assert.ok(signedIn.ok)
    if (correction.ok) assert.notEqual(signedIn.readerId, readerId)
    else assert.deepEqual([signedIn.readerId, correction.reason], [readerId, 'proved'])
  }
})

test('a proof that comes amid a correction waits for it, and proves the old address alone', async () => {
  const { readerId } = await openUnproved(house, 'amid-old@example.test')
  const code = await mailCode(house, 'amid-old@example.test')
  const attempt = { email: 'amid-old@example.test', code, network: 'a network', sessionId: null }
  const proof = await inTransaction(house.db, async (tx) => {
    const email = 'amid-new@example.test'
    assert.ok((await correctEmail(tx, { readerId, email, at: publicationTime, now: new Date() })).ok)
    const signingIn = house.readers.signInWithCode(attempt)
    await wait(200)
    return { signingIn }
  })
  const signedIn = await proof.signingIn
  assert.ok(signedIn.ok)
  assert.notEqual(signedIn.readerId, readerId)
})

test('a correction is refused for a proved address, a taken one, and none', async () => {
  const proved = await signIn(house, 'bob@example.test')
  assert.deepEqual(await correct(proved.readerId, 'robert@example.test'), { ok: false, reason: 'proved' })
  const { readerId } = await openUnproved(house, 'rob@example.test')
  assert.deepEqual(await correct(readerId, 'bob@example.test'), { ok: false, reason: 'taken' })
  assert.deepEqual(await correct(readerId, 'rob@'), { ok: false, reason: 'no address' })
  const nobody = '00000000-0000-4000-8000-000000000000'
  assert.deepEqual(await correct(nobody, 'free@example.test'), { ok: false, reason: 'proved' })
})

test('corrections cannot be used to learn who has an account', async () => {
  const { readerId } = await openUnproved(house, 'curious@example.test')
  for (let turn = 0; turn < 10; turn++) await correct(readerId, 'bob@example.test')
  const refused = await correct(readerId, 'alice@example.test')
  assert.ok(!refused.ok && refused.reason === 'limited' && refused.retryAfterSeconds > 3500)
})

test('all sessions of a reader end, except one', async () => {
  const { readerId } = await signIn(house, 'everywhere@example.test')
  await signIn(house, 'everywhere@example.test')
  await signIn(house, 'everywhere@example.test')
  const [kept] = await house.db
    .selectFrom('sessions')
    .select('id')
    .where('reader_id', '=', readerId)
    .execute()
  assert.ok(kept)
  assert.equal(await endSessions(house.db, readerId, { except: kept.id }), 2)
  assert.equal(await endSessions(house.db, readerId), 1)
})

test('the owner is made at the first start, and again without harm', async () => {
  await Promise.all([1, 2].map(() => ensureOwner(house.db, 'owner@newsstand.test', publicationTime)))
  await ensureOwner(house.db, 'owner@newsstand.test', new Date())
  const staff = await house.db
    .selectFrom('staff')
    .innerJoin('readers', 'readers.id', 'staff.reader_id')
    .select(['email', 'role', 'since', 'proved'])
    .execute()
  assert.deepEqual(staff, [
    { email: 'owner@newsstand.test', role: 'owner', since: publicationTime, proved: false },
  ])
})

test('a member of staff who becomes the owner keeps the account', async () => {
  const { readerId } = await signIn(house, 'dora@example.test')
  await house.db
    .insertInto('staff')
    .values({ reader_id: readerId, role: 'support', since: publicationTime })
    .execute()
  await ensureOwner(house.db, 'dora@example.test', publicationTime)
  const code = await mailCode(house, 'dora@example.test')
  assert.equal(codeFor(house, 'dora@example.test'), code)
  const signedIn = await house.readers.signInWithCode({
    email: 'dora@example.test',
    code,
    network: 'a network',
    sessionId: null,
  })
  assert.ok(signedIn.ok)
  assert.deepEqual([signedIn.readerId, signedIn.staffRole], [readerId, 'owner'])
})

test('what has run out is swept, what may still be of use is not', async () => {
  const day = 86_400_000
  const { readerId } = await signIn(house, 'sweep@example.test')
  await mailCode(house, 'sweep@example.test')
  const [session] = await house.db
    .selectFrom('sessions')
    .select('id')
    .where('reader_id', '=', readerId)
    .execute()
  assert.ok(session)
  await house.readers.sweepSignIns()
  assert.equal(
    (await house.db.selectFrom('sessions').select('id').where('id', '=', session.id).execute()).length,
    1,
  )
  await house.db
    .updateTable('sessions')
    .set({ expires_at: new Date(Date.now() - 2 * day) })
    .where('id', '=', session.id)
    .execute()
  await house.db
    .updateTable('sign_in_codes')
    .set({ expires_at: new Date(Date.now() - 2 * day) })
    .execute()
  await house.readers.sweepSignIns()
  assert.deepEqual(
    await house.db.selectFrom('sessions').select('id').where('id', '=', session.id).execute(),
    [],
  )
  assert.deepEqual(await house.db.selectFrom('sign_in_codes').select('id').execute(), [])
})
