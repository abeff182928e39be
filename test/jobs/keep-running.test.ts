import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { Runner } from 'graphile-worker'
import { keepRunning } from '../../src/jobs/keep-running.ts'

const log = { warn: () => {}, error: () => {} }

/** A runner that ends when its `promise` is told to, and counts how often it is stopped and killed. */
function openRunner() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const told: string[] = []
  const runner: Runner = {
    events: new EventEmitter(),
    promise,
    addJob: () => Promise.reject(new Error('not here')),
    stop: async () => {
      told.push('stop')
      resolve()
    },
    kill: async () => void told.push('kill'),
    [Symbol.asyncDispose]: async () => {},
  }
  return { runner, told, end: resolve }
}

/** Runners in the order in which they are started, each of which can be waited for. */
function openYard() {
  const started = [openRunner(), openRunner()]
  const second = Promise.withResolvers<void>()
  let count = 0
  const start = async () => {
    const next = started[count++]
    if (!next) throw new Error('one too many')
    if (count === 2) second.resolve()
    return next.runner
  }
  return { first: started[0] ?? openRunner(), start, second: second.promise, count: () => count }
}

describe('a runner that is kept running', () => {
  it('is started again after it has ended', async () => {
    const yard = openYard()
    const kept = await keepRunning(yard.start, log)
    yard.first.end()
    await yard.second
    await kept.stop()
    assert.equal(yard.count(), 2)
  })

  it('is given up and killed when it began to end and cannot', async () => {
    const yard = openYard()
    const kept = await keepRunning(yard.start, log, 1)
    yard.first.runner.events.emit('pool:gracefulShutdown', {} as never)
    await yard.second
    assert.deepEqual(yard.first.told, ['kill'])
    await kept.stop()
  })

  it('is not started again once it was told to stop', async () => {
    const yard = openYard()
    const kept = await keepRunning(yard.start, log, 1)
    await kept.stop()
    assert.deepEqual(yard.first.told, ['stop'])
    assert.equal(yard.count(), 1)
  })
})
