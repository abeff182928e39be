import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './journey.ts'
import type { Stand } from './stand.ts'

/**
 * Sends the events of a folder, signed with the app's secret, past the checker, since they are of many API versions.
 * Throws unless each is answered 200, kept, and applied or ignored at the first attempt. Returns how many there were.
 */
export async function sendRecorded(stand: Stand, folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
  for (const [index, name] of names.entries()) {
    const id = `evt_recorded_${index}`
    const body = prepare(await readFile(join(folder, name), 'utf8'), id)
    const answer = await fetch(`${stand.appUrl}/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': sign(body, stand.webhookSecret) },
      body,
    })
    assert.equal(answer.status, 200, `${name}: ${await answer.text()}`)
    await eventually(() => isDealtWith(stand, id, name))
  }
  return names.length
}

/** Some share one id, and some were given an envelope without a time by those who recorded them. */
function prepare(text: string, id: string): string {
  const event = JSON.parse(text) as { created: number }
  return JSON.stringify({ ...event, id, created: event.created || 1_600_000_000 }, null, 2)
}

function sign(body: string, secret: string): string {
  const at = Math.floor(Date.now() / 1000)
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

async function isDealtWith({ db }: Stand, id: string, name: string): Promise<void> {
  const event = await db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst()
  assert.ok(event, `${name} was not kept`)
  assert.ok(['applied', 'ignored'].includes(event.state), `${name} is ${event.state}: ${event.note}`)
  assert.equal(event.attempts, 1, `${name} took ${event.attempts} attempts: ${event.note}`)
}
