import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advance, clientOf, eventually, openSandbox } from '../support.ts'

const sandbox = await openSandbox()

interface State {
  offsetMs: number
  version: number
  listener?: string
}

/** A process that follows the clock; it acknowledges what it hears if it is told to. */
async function follow(options: { acknowledge: boolean }) {
  const stopped = new AbortController()
  const heard: State[] = []
  const answer = await fetch(`${sandbox.url}/clock/stream`, { signal: stopped.signal })
  assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/)
  const read = async () => {
    const decoder = new TextDecoderStream()
    for await (const text of answer.body?.pipeThrough(decoder) ?? []) {
      for (const line of text.split('\n').filter((one) => one.startsWith('data: '))) {
        const state: State = JSON.parse(line.slice(6))
        heard.push(state)
        if (options.acknowledge) await acknowledge(heard[0]?.listener ?? '', state.version)
      }
    }
  }
  const reading = read().catch(() => {})
  await eventually(() => heard.length > 0, 'the present state')
  return {
    heard,
    stop: async () => {
      stopped.abort()
      await reading
    },
  }
}

const acknowledge = (listener: string, version: number) =>
  fetch(`${sandbox.url}/clock/acknowledgements`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ listener, version }),
  })

const readClock = async () =>
  (await (await fetch(`${sandbox.url}/clock`)).json()) as { now: string; offsetMs: number; version: number }

describe('the clock', () => {
  it('has the real time at first, and moves by days or to a date', async () => {
    const before = await readClock()
    assert.equal(before.offsetMs, 0)
    assert.ok(Math.abs(Date.parse(before.now) - Date.now()) < 2000)
    const moved = await advance(sandbox, { days: 2 })
    assert.equal(moved.status, 200)
    const { now, offsetMs, version } = await readClock()
    assert.ok(Math.abs(offsetMs - 2 * 86_400_000) < 5000)
    assert.equal(version, before.version + 1)
    const next = new Date(Date.parse(now) + 86_400_000).toISOString()
    const dated = await advance(sandbox, { until: next })
    assert.ok(Math.abs(Date.parse(dated.body.now ?? '') - Date.parse(next)) < 2000)
  })

  it('says what is wrong with a wish, and stays where it is', async () => {
    const before = await readClock()
    const wishes = [
      {},
      { days: 0 },
      { days: -3 },
      { days: 'many' },
      { days: 99_999 },
      { until: '2001-01-01' },
      { until: 'tomorrow' },
      { days: 1, until: '2099-01-01' },
    ]
    for (const wish of wishes) {
      const { status, body } = await advance(sandbox, wish)
      assert.equal(status, 422, JSON.stringify(wish))
      assert.ok((body.error ?? '').length > 10)
    }
    assert.equal((await readClock()).version, before.version)
  })

  it('is moved by a browser’s form, and shows why it is not', async () => {
    const submit = (fields: Record<string, string>) =>
      fetch(`${sandbox.url}/clock/advance`, {
        method: 'POST',
        headers: { accept: 'text/html' },
        body: new URLSearchParams(fields),
        redirect: 'manual',
      })
    const moved = await submit({ days: '1' })
    assert.deepEqual([moved.status, moved.headers.get('location')], [303, '/clock'])
    const refused = await submit({ until: '2001-01-01' })
    assert.equal(refused.status, 422)
    assert.match(await refused.text(), /role="alert">until must lie in the future/)
    assert.match(
      await (await fetch(`${sandbox.url}/clock`, { headers: { accept: 'text/html' } })).text(),
      /ahead of the real time/,
    )
  })

  it('waits for everyone who follows it, in any process', async () => {
    const one = await follow({ acknowledge: true })
    const two = await follow({ acknowledge: true })
    const state = one.heard[0]
    assert.ok(state?.listener && two.heard[0]?.listener && state.listener !== two.heard[0].listener)
    await advance(sandbox, { days: 1 })
    assert.equal(one.heard.at(-1)?.version, (await readClock()).version)
    assert.equal(two.heard.at(-1)?.offsetMs, (await readClock()).offsetMs)
    await one.stop()
    await two.stop()
  })

  it('forgets who went away, drops who does not answer, and names them in the log', async () => {
    const gone = await follow({ acknowledge: true })
    await gone.stop()
    const quick = performance.now()
    await advance(sandbox, { days: 1 })
    assert.ok(performance.now() - quick < 3000)
    const silent = await follow({ acknowledge: false })
    const start = performance.now()
    assert.equal((await advance(sandbox, { days: 1 })).status, 200)
    const waited = performance.now() - start
    assert.ok(waited > 4500 && waited < 9000, `${waited} ms`)
    assert.ok(sandbox.logged.some((line) => /did not answer/.test(line.msg)))
    await silent.stop()
    assert.equal((await acknowledge('nobody', 1)).status, 404)
    assert.equal((await fetch(`${sandbox.url}/clock/acknowledgements`, { method: 'POST' })).status, 422)
  })

  it('dates what happens by the moved time', async () => {
    const { now } = await readClock()
    const customer = await clientOf(sandbox).customers.create({ email: 'late@example.com' })
    assert.ok(Math.abs(customer.created - Date.parse(now) / 1000) <= 2)
  })
})
