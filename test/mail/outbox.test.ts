import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Database, inTransaction, openDatabase, openPool } from '../../src/db/database.ts'
import { queueJob } from '../../src/jobs/queue-job.ts'
import { startJobs } from '../../src/jobs/start-jobs.ts'
import { type NewMail, type OutgoingMail, Refused, type Sender } from '../../src/mail/mail.ts'
import { type Outbox, openOutbox } from '../../src/mail/outbox.ts'
import { cloneDatabase } from '../support/database.ts'

const publicationTime = new Date('2030-05-05T05:05:05Z')
const silent = { warn: () => {}, error: () => {} }
const receipt: NewMail = {
  to: 'alice@example.test',
  kind: 'receipt',
  subject: 'Your receipt',
  text: 'Thank you',
  html: '<p>Thank you</p>',
  at: publicationTime,
}
const secret: NewMail = { ...receipt, kind: 'code', text: '204060', html: '<p>204060</p>', secret: true }

let database: Awaited<ReturnType<typeof cloneDatabase>>
let db: Database
let outbox: Outbox
let sent: OutgoingMail[]
let carry: Sender
let realNow: Date

before(async () => {
  database = await cloneDatabase()
  db = openDatabase(openPool(database.url, { max: 6 }))
  outbox = openOutbox({
    db,
    sender: (mail) => carry(mail),
    queueJob,
    templates: 'views/mail',
    clock: () => publicationTime,
    realClock: () => realNow,
  })
})
after(async () => {
  await db.destroy()
  await database.drop()
})
beforeEach(() => {
  sent = []
  realNow = new Date()
  carry = async (mail) => void sent.push(mail)
})

test('a queued mail is delivered by its job after the commit', async () => {
  const jobs = await startJobs({
    connectionString: database.url,
    handlers: outbox.handlers,
    schedule: [],
    log: silent,
  })
  try {
    const id = await inTransaction(db, async (tx) => {
      const mailId = await outbox.queueMail(tx, receipt)
      await wait(100)
      assert.equal(sent.length, 0)
      return mailId
    })
    for (let tries = 0; sent.length === 0 && tries < 200; tries++) await wait(20)
    const { subject, text, html, to } = receipt
    assert.deepEqual(sent, [{ id, to, subject, text, html }])
  } finally {
    await jobs.stop()
  }
})

test('a mail of a transaction that is rolled back is not there', async () => {
  let id = ''
  const failing = inTransaction(db, async (tx) => {
    id = await outbox.queueMail(tx, receipt)
    throw new Error('rolled back')
  })
  await assert.rejects(failing, /rolled back/)
  assert.equal(await outbox.deliverMail(id), 'none')
})

test('a mail is sent once, however often and by however many it is delivered', async () => {
  const id = await outbox.queueMail(db, receipt)
  carry = async (mail) => {
    sent.push(mail)
    await wait(100)
  }
  const together = await Promise.all([outbox.deliverMail(id), outbox.deliverMail(id), outbox.deliverMail(id)])
  assert.deepEqual(together.toSorted(), ['sent', 'underway', 'underway'])
  assert.equal(await outbox.deliverMail(id), 'sent')
  assert.equal(sent.length, 1)
  const row = await mailRow(id)
  assert.deepEqual([row.sent_at, row.attempts, row.body_text], [publicationTime, 1, 'Thank you'])
})

test('a try that fails is kept with its reason, and the next one succeeds', async () => {
  const id = await outbox.queueMail(db, receipt)
  carry = async () => {
    throw Object.assign(new Error('alice@example.test is not known yet'), {
      code: 'ECONNECTION',
      responseCode: 451,
    })
  }
  await assert.rejects(outbox.deliverMail(id), (error: Error) => {
    assert.equal(error.message, 'a mail was not taken (ECONNECTION 451)')
    return true
  })
  const waiting = await mailRow(id)
  assert.deepEqual([waiting.sent_at, waiting.attempts, waiting.claimed_until], [null, 1, null])
  assert.match(waiting.last_error ?? '', /not known yet/)
  carry = async (mail) => void sent.push(mail)
  assert.equal(await outbox.deliverMail(id), 'sent')
  assert.deepEqual([(await mailRow(id)).attempts, (await mailRow(id)).last_error], [2, null])
})

test('a mail that is refused is given up, with the reason for staff', async () => {
  const id = await outbox.queueMail(db, receipt)
  carry = async () => {
    throw new Refused('no such mailbox')
  }
  assert.equal(await outbox.deliverMail(id), 'given up')
  assert.equal(await outbox.deliverMail(id), 'given up')
  const row = await mailRow(id)
  assert.deepEqual(
    [row.given_up_at, row.last_error, row.body_text],
    [publicationTime, 'no such mailbox', 'Thank you'],
  )
})

test('a mail that a dead process was sending is taken over when its claim has run out', async () => {
  const id = await outbox.queueMail(db, receipt)
  await db
    .updateTable('mails')
    .set({ claimed_until: new Date(realNow.getTime() + 1000) })
    .where('id', '=', id)
    .execute()
  assert.equal(await outbox.deliverMail(id), 'underway')
  const handler = outbox.handlers['deliver-mail']
  assert.ok(handler)
  await assert.rejects(handler({ mailId: id }), /another process/)
  realNow = new Date(realNow.getTime() + 2000)
  await handler({ mailId: id })
  assert.equal(sent[0]?.id, id)
})

test('the bodies of a mail with a code are erased when it has left', async () => {
  const id = await outbox.queueMail(db, secret)
  assert.equal((await mailRow(id)).body_text, '204060')
  await outbox.deliverMail(id)
  assert.equal(sent[0]?.text, '204060')
  const row = await mailRow(id)
  assert.doesNotMatch(JSON.stringify(row), /204060/)
  assert.equal(row.sent_at?.getTime(), publicationTime.getTime())
})

test('a code that is too old is not sent, and erased', async () => {
  const id = await outbox.queueMail(db, { ...secret, uselessAfter: new Date(realNow.getTime() + 600_000) })
  realNow = new Date(realNow.getTime() + 600_000)
  assert.equal(await outbox.deliverMail(id), 'given up')
  assert.equal(sent.length, 0)
  const row = await mailRow(id)
  assert.deepEqual([row.body_text, row.body_html, row.last_error], [null, null, 'too late'])
})

test('the job leaves the first try to a caller that delivers the mail itself', async () => {
  const id = await outbox.queueMail(db, { ...receipt, delivering: true })
  const { rows } = await openJobs(id)
  const runsIn = (rows[0]?.run_at.getTime() ?? 0) - realNow.getTime()
  assert.ok(runsIn > 15_000 && runsIn < 25_000, `${runsIn}`)
})

function mailRow(id: string) {
  return db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function openJobs(mailId: string) {
  const pool = openPool(database.url, { max: 1 })
  try {
    return await pool.query<{ run_at: Date }>(
      `SELECT run_at FROM graphile_worker._private_jobs WHERE payload->>'mailId' = $1`,
      [mailId],
    )
  } finally {
    await pool.end()
  }
}
