import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeFor, openNewsstand } from '../support/newsstand.ts'
import { choose, signIn, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()
const { db } = newsstand

const ask = (visitor: ReturnType<typeof newsstand.visitor>, email: string, network: string) =>
  visitor.post('/sign-in').type('form').set('X-Forwarded-For', network).send({ email })

/** As strangers do it from a few networks. */
async function useUp(email: string): Promise<void> {
  const stranger = newsstand.visitor()
  for (let turn = 0; turn < 36; turn++) await ask(stranger, email, `203.0.113.${turn % 4}`)
  await ask(stranger, email, '203.0.113.99').expect(429)
}

function knownCookie(answer: { headers: Record<string, unknown> }): string | undefined {
  const cookies = [answer.headers['set-cookie'] ?? []].flat().map(String)
  return cookies.find((one) => one.startsWith('known='))?.split(';')[0]
}

describe('a browser in which an address was proved', () => {
  it('gets a code when strangers have used up the address’s, to sign in and to buy', async () => {
    const email = 'owner@example.com'
    const [owner, stranger] = [newsstand.visitor(), newsstand.visitor()]
    await subscribe(owner, email, 'digital-monthly')
    await signIn(newsstand, owner, email)
    await owner.post('/sign-out').expect(303)
    await useUp(email)
    await ask(owner, email, '198.51.100.1').expect(303)
    await choose(owner)
    await owner
      .post('/checkout')
      .type('form')
      .send({ email, consent_renewal: 'on' })
      .expect(303)
      .expect('Location', /^\/sign-in\?/)
    await choose(stranger)
    await stranger.post('/checkout').type('form').send({ email, consent_renewal: 'on' }).expect(429)
  })

  it('has a limit all the same', async () => {
    const email = 'eager@example.com'
    const owner = newsstand.visitor()
    await signIn(newsstand, owner, email)
    for (let turn = 0; turn < 12; turn++) await ask(owner, email, `198.51.100.${turn}`).expect(303)
    await ask(owner, email, '198.51.100.50').expect(429)
  })

  it('is told by a cookie that names no address and that nobody can make or use for another address', async () => {
    const [email, other] = ['mine@example.com', 'theirs@example.com']
    const visitor = newsstand.visitor()
    await visitor.post('/sign-in').type('form').send({ email }).expect(303)
    const code = await codeFor(newsstand, email)
    const answer = await visitor.post('/sign-in/code').type('form').send({ email, code }).expect(303)
    const cookie = knownCookie(answer) ?? ''
    assert.match(cookie, /^known=[\w-]{22}\.[\w-]{43}$/)
    assert.match(
      String(answer.headers['set-cookie']),
      /known=[^;]+; Max-Age=34560000; [^;]+; Expires=[^;]+; HttpOnly/,
    )
    const limits = JSON.stringify(await db.selectFrom('limits').selectAll().execute())
    assert.doesNotMatch(limits, /mine@/)
    await useUp(other)
    for (const forged of [cookie, `known=${'a'.repeat(22)}.${'b'.repeat(43)}`, 'known=', 'known=..']) {
      const raw = await fetch(`${newsstand.url}/sign-in`, {
        method: 'POST',
        headers: { cookie: forged, 'X-Forwarded-For': '198.51.100.9' },
        body: new URLSearchParams({ email: other }),
        redirect: 'manual',
      })
      assert.equal(raw.status, 429, forged)
    }
  })
})
