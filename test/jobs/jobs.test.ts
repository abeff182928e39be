import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { type Database, inTransaction, openDatabase, openPool } from '../../src/db/database.ts'
import { freeAbandonedJobs } from '../../src/jobs/abandoned-jobs.ts'
import type { JobHandler } from '../../src/jobs/job.ts'
import { queueJob } from '../../src/jobs/queue-job.ts'
import { type Jobs, migrateJobs, startJobs } from '../../src/jobs/start-jobs.ts'
import { cloneDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof cloneDatabase>>
let pool: pg.Pool
let db: Database
let lines: { level: string; details: Record<string, unknown>; message: string }[]

const log = {
  warn: (details: object, message: string) =>
    void lines.push({ level: 'warn', details: { ...details }, message }),
  error: (details: object, message: string) =>
    void lines.push({ level: 'error', details: { ...details }, message }),
}

before(async () => {
  database = await cloneDatabase()
  pool = openPool(database.url, { max: 4 })
  db = openDatabase(pool)
})
after(async () => {
  await db.destroy()
  await database.drop()
})

test('a job runs once its transaction is committed, and not before', async () => {
  const ran: unknown[] = []
  await withJobs({ greet: async (payload) => void ran.push(payload) }, async () => {
    await inTransaction(db, async (tx) => {
      await queueJob(tx, 'greet', { name: 'Alice' })
      await wait(150)
      assert.deepEqual(ran, [])
    })
    await until(() => ran.length === 1)
    assert.deepEqual(ran, [{ name: 'Alice' }])
  })
})

test('a job of a transaction that is rolled back never runs', async () => {
  const ran: unknown[] = []
  await withJobs({ greet: async (payload) => void ran.push(payload) }, async () => {
    const failing = inTransaction(db, async (tx) => {
      await queueJob(tx, 'greet', { name: 'Bob' })
      throw new Error('rolled back')
    })
    await assert.rejects(failing, /rolled back/)
    await inTransaction(db, (tx) => queueJob(tx, 'greet', { name: 'Carol' }))
    await until(() => ran.length === 1)
    assert.deepEqual(ran, [{ name: 'Carol' }])
  })
  assert.equal(await waitingJobs(), 0)
})

test('a job with a key replaces the one that waits', async () => {
  const ran: unknown[] = []
  await queueJob(db, 'greet', { turn: 1 }, { key: 'only one', runAt: new Date(Date.now() + 3_600_000) })
  await queueJob(db, 'greet', { turn: 2 }, { key: 'only one' })
  await withJobs({ greet: async (payload) => void ran.push(payload) }, () => until(() => ran.length === 1))
  assert.deepEqual(ran, [{ turn: 2 }])
})

test('a job waits for its time', async () => {
  await queueJob(db, 'greet', {}, { key: 'later', runAt: new Date(Date.now() + 3_600_000) })
  let ran = 0
  await withJobs({ greet: async () => void ran++ }, () => wait(300))
  assert.equal(ran, 0)
  await pool.query(`SELECT graphile_worker.remove_job('later')`)
})

test('a job that fails is logged without its payload, and tried again', async () => {
  let tries = 0
  const handler: JobHandler = async () => {
    tries += 1
    if (tries === 1) throw new Error('the shop is shut')
  }
  await withJobs({ greet: handler }, async () => {
    await queueJob(db, 'greet', { secret: 'alice@example.test' }, { maxAttempts: 2 })
    await until(() => tries === 1)
    await until(
      async () =>
        (await pool.query('SELECT 1 FROM graphile_worker.jobs WHERE last_error IS NOT NULL')).rowCount === 1,
    )
    await pool.query('UPDATE graphile_worker._private_jobs SET run_at = now()')
    await until(() => tries === 2)
  })
  const said = lines.filter((line) => line.details.job === 'greet')
  assert.deepEqual(
    said.map(({ level, details }) => [level, details.attempt, details.attempts]),
    [['warn', 1, 2]],
  )
  assert.doesNotMatch(JSON.stringify(lines), /alice@example/)
})

test('a job that failed for the last time is logged as given up', async () => {
  await withJobs(
    {
      greet: async () => {
        throw new Error('never')
      },
    },
    async () => {
      await queueJob(db, 'greet', {}, { maxAttempts: 1 })
      await until(() => lines.some((line) => line.level === 'error' && /given up/.test(line.message)))
    },
  )
  await pool.query('DELETE FROM graphile_worker._private_jobs')
})

test('stopping waits for the job in flight and takes no other', async () => {
  const steps: string[] = []
  const jobs = await start(
    {
      slow: async () => {
        steps.push('began')
        await wait(300)
        steps.push('ended')
      },
    },
    { concurrency: 1 },
  )
  await queueJob(db, 'slow', {})
  await queueJob(db, 'slow', {})
  await until(() => steps.length === 1)
  await jobs.stop()
  assert.deepEqual(steps, ['began', 'ended'])
  assert.equal(await waitingJobs(), 1)
  await jobs.stop()
  await pool.query('DELETE FROM graphile_worker._private_jobs')
})

test('jobs go on after the database has thrown every connection out, even amid a job', async () => {
  const ran: string[] = []
  const handler: JobHandler = async () => {
    ran.push('began')
    if (ran.length === 1) await wait(400)
  }
  await withJobs({ greet: handler }, async () => {
    await queueJob(db, 'greet', {})
    await until(() => ran.length === 1)
    // The first job ends while its connections are gone and no new ones are let in.
    await letIn(false)
    await throwOut('newsstand jobs')
    await wait(900)
    await letIn(true)
    assert.ok(lines.some((line) => /starting them again/.test(line.message)))
    await queueJob(db, 'greet', {})
    await until(() => ran.length >= 2, 20_000)
  })
  await pool.query('DELETE FROM graphile_worker._private_jobs')
})

test('the jobs of a worker that died are freed; those of one that lives are not', async () => {
  await queueJob(db, 'absent', { of: 'the dead' }, { key: 'dead' })
  await queueJob(db, 'absent', { of: 'the living' }, { key: 'living' })
  await queueJob(db, 'absent', { of: 'the young' }, { key: 'young' })
  await lockJob('dead', 'pool-dead', '3 minutes')
  await lockJob('living', 'pool-living', '3 minutes')
  await lockJob('young', 'pool-young', '1 minute')
  const living = await pool.connect()
  try {
    await living.query(`SELECT pg_advisory_lock(hashtextextended('newsstand jobs of pool-living', 0))`)
    assert.equal(await freeAbandonedJobs(pool, log), 1)
    const { rows } = await pool.query('SELECT key, locked_by FROM graphile_worker.jobs ORDER BY key')
    assert.deepEqual(rows, [
      { key: 'dead', locked_by: null },
      { key: 'living', locked_by: 'pool-living' },
      { key: 'young', locked_by: 'pool-young' },
    ])
  } finally {
    living.release(true)
    await pool.query('DELETE FROM graphile_worker._private_jobs')
  }
})

test('a running worker holds the lock that says it lives', async () => {
  let working = true
  const handler: JobHandler = async () => {
    while (working) await wait(20)
  }
  await withJobs({ long: handler }, async () => {
    try {
      await queueJob(db, 'long', {})
      const started = 'SELECT 1 FROM graphile_worker.jobs WHERE locked_by IS NOT NULL'
      await until(async () => (await pool.query(started)).rowCount === 1)
      // A worker begins its first job while it is still asking for its lock; it is abandoned after two minutes only.
      const held = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())`
      await until(async () => (await pool.query(held)).rowCount === 1)
      await pool.query(`UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '1 hour'`)
      assert.equal(await freeAbandonedJobs(pool, log), 0)
    } finally {
      // Stopping waits for the job in flight.
      working = false
    }
  })
})

test('what is scheduled is known to the queue, and a wrong time is refused at the start', async () => {
  await withJobs({ tick: async () => {} }, async () => {
    const known = 'SELECT identifier FROM graphile_worker._private_known_crontabs'
    await until(async () => (await pool.query(known)).rows.some((row) => row.identifier === 'tick'))
  }, [{ name: 'tick', cron: '*/5 * * * *' }])
  await assert.rejects(start({}, { schedule: [{ name: 'tick', cron: 'every day' }] }))
})

test('a database that cannot be reached is said at the start', async () => {
  const connectionString = 'postgres://nobody@127.0.0.1:1/nothing'
  await assert.rejects(startJobs({ connectionString, handlers: {}, schedule: [], log }), /ECONNREFUSED/)
  await assert.rejects(migrateJobs({ connectionString, log }), /ECONNREFUSED/)
})

test('migrating twice is harmless', async () => {
  await migrateJobs({ connectionString: database.url, log })
  await migrateJobs({ connectionString: database.url, log })
})

function start(
  handlers: Record<string, JobHandler>,
  more: Partial<Parameters<typeof startJobs>[0]> = {},
): Promise<Jobs> {
  lines = []
  return startJobs({ connectionString: database.url, handlers, schedule: [], log, ...more })
}

async function withJobs(
  handlers: Record<string, JobHandler>,
  work: () => Promise<unknown>,
  schedule: { name: string; cron: string }[] = [],
): Promise<void> {
  const jobs = await start(handlers, { schedule })
  try {
    await work()
  } finally {
    await jobs.stop()
  }
}

async function until(holds: () => boolean | Promise<boolean>, ms = 8_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it never came to be')
    await wait(20)
  }
}

async function waitingJobs(): Promise<number> {
  return (await pool.query('SELECT count(*)::int AS n FROM graphile_worker.jobs')).rows[0].n
}

async function throwOut(applicationName: string): Promise<void> {
  await pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
    [applicationName],
  )
}

async function lockJob(key: string, worker: string, ago: string): Promise<void> {
  await pool.query(
    'UPDATE graphile_worker._private_jobs SET locked_by = $2, locked_at = now() - $3::interval WHERE key = $1',
    [key, worker, ago],
  )
}

/** From another database, since one cannot shut itself. */
async function letIn(open: boolean): Promise<void> {
  const outside = openPool(new URL('/postgres', database.url).href, { max: 1 })
  await outside.query(`ALTER DATABASE ${nameOf(database.url)} ALLOW_CONNECTIONS ${open}`)
  await outside.end()
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}
