import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type Stripe from 'stripe'
import { cloneDatabase } from '../support/database.ts'
import { clientOf, eventually, openReceiver } from './support.ts'

const database = await cloneDatabase()
const receiver = await openReceiver()
const children: ChildProcess[] = []
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await receiver.close()
  await database.drop()
})

async function start(): Promise<{ child: ChildProcess; port: number }> {
  const program = join(import.meta.dirname, 'sandbox-process.ts')
  const child = spawn(process.execPath, [program, database.url, receiver.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  return { child, port: Number(String(line)) }
}

/** Makes customers until the sandbox is gone. Resolves to the ids that it answered with. */
async function makeCustomers(port: number, made: string[]): Promise<void> {
  const stripe = clientOf({ port })
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      // Not more than can be looked through quickly afterwards.
      for (let count = 0; count < 25; count++) {
        try {
          made.push((await stripe.customers.create({ email: 'alice@example.com' })).id)
        } catch {
          return
        }
      }
    }),
  )
}

describe('a sandbox that is killed again and again', () => {
  it('has everything that it answered, and tells of each thing at least once', async () => {
    const made: string[] = []
    for (let round = 0; round < 3; round++) {
      const { child, port } = await start()
      const making = makeCustomers(port, made)
      const enough = made.length + 5
      await eventually(() => made.length >= enough, 'five customers')
      child.kill('SIGKILL')
      await making
    }
    assert.ok(made.length > 10, `only ${made.length} customers were made`)
    const { port } = await start()
    const kept = await clientOf({ port }).customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 })
    const ids = new Set(kept.map((customer) => customer.id))
    assert.deepEqual(
      made.filter((id) => !ids.has(id)),
      [],
    )
    const told = () => new Set(receiver.events.map((event) => (event.data.object as Stripe.Customer).id))
    await eventually(() => kept.every((customer) => told().has(customer.id)), 'an event for each customer')
    const invented = [...told()].filter((id) => !ids.has(id))
    assert.deepEqual(invented, [])
  })
})
