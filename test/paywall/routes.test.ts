import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually, type Newsstand, openNewsstand } from '../support/newsstand.ts'
import { signIn, subscribe } from '../support/personas.ts'

const quds = '/articles/quds-force-chief-visits-baghdad'
const dossier = '/articles/the-cello-in-two-places'
const newsstand = await openNewsstand()

function access(text: string): string {
  const [, found = 'none'] = /<article\s[^>]*data-article[^>]*data-access="(\w+)"/.exec(text) ?? []
  return found
}

describe('an article', () => {
  it('shows a stranger its preview, and what opens the rest', async () => {
    const { text } = await newsstand.visitor().get(quds).expect(200)
    assert.equal(access(text), 'preview')
    assert.match(text, /data-reason="none"/)
    assert.match(text, /\$130\.00/)
    assert.match(text, /action="\/cart\/lines"/)
    assert.match(text, /"isAccessibleForFree":false/)
  })

  it('that is free is whole for anyone', async () => {
    const { text } = await newsstand.visitor().get('/articles/in-defense-of-the-bench').expect(200)
    assert.equal(access(text), 'full')
    assert.match(text, /data-reason="free"/)
    assert.match(text, /"isAccessibleForFree":true/)
  })

  it('is whole for Alice, who subscribes', async () => {
    const alice = newsstand.visitor()
    await subscribe(alice, 'alice@example.com')
    const { text, headers } = await alice.get(quds).expect(200)
    assert.equal(access(text), 'full')
    assert.match(text, /Kataib Hezbollah/)
    assert.match(headers['cache-control'] ?? '', /private/)
  })

  it('of a collection that the plan does not open stays closed', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'digital@example.com', 'digital-monthly')
    assert.equal(access((await reader.get(quds)).text), 'full')
    const { text } = await reader.get(dossier)
    assert.equal(access(text), 'preview')
    assert.match(text, /data-reason="other"/)
  })

  it('is closed for Bob, whose subscription has lapsed', async () => {
    const bob = newsstand.visitor()
    await subscribe(bob, 'bob@example.com')
    const reader = await newsstand.db
      .selectFrom('readers')
      .select('id')
      .where('email', '=', 'bob@example.com')
      .executeTakeFirstOrThrow()
    const yesterday = new Date(newsstand.clock().getTime() - 86_400_000)
    const lapsed = { ends_at: yesterday, runs_on_until: yesterday }
    // Events of the purchase may still be on their way, and each brings what Stripe says.
    const text = await eventually(async () => {
      await newsstand.db.updateTable('entitlements').set(lapsed).where('reader_id', '=', reader.id).execute()
      const answer = await bob.get(quds)
      assert.equal(access(answer.text), 'preview')
      return answer.text
    })
    assert.match(text, /data-reason="ended"/)
  })
})

describe('search', () => {
  const hidden = '"not with instant agreement"'
  const hiddenWord = 'battleground'

  it('finds what a stranger may see', async () => {
    const { text } = await newsstand.visitor().get('/search?q=Qaani').expect(200)
    assert.ok(text.includes(`${quds}"`))
  })

  it('finds nothing behind the wall for a stranger, and all for a subscriber', async () => {
    for (const query of [hidden, hiddenWord]) {
      const path = `/search?q=${encodeURIComponent(query)}`
      const stranger = await newsstand.visitor().get(path).expect(200)
      assert.ok(!stranger.text.includes(`${quds}"`), query)
    }
    const reader = newsstand.visitor()
    await subscribe(reader, 'searcher@example.com')
    const { text } = await reader.get(`/search?q=${hiddenWord}`).expect(200)
    assert.ok(text.includes(`${quds}"`))
  })

  it('looks into the collections that are open, and into no other', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'half@example.com', 'digital-monthly')
    const sentence = await hiddenWords(newsstand, 'the-cello-in-two-places')
    const { text } = await reader.get(`/search?q=${encodeURIComponent(`"${sentence}"`)}`).expect(200)
    assert.ok(!text.includes(`${dossier}"`))
  })

  it('takes any text for a query', async () => {
    const queries = [
      '',
      '"',
      "'; DROP TABLE articles; --",
      '<script>alert(1)</script>',
      '-',
      'a'.repeat(5000),
      '\u0001x\u0002',
      '%00',
      'or or & |',
    ]
    for (const query of queries) {
      const { text } = await newsstand
        .visitor()
        .get(`/search?q=${encodeURIComponent(query)}`)
        .expect(200)
      assert.doesNotMatch(text, /<script>alert/, query)
    }
    await newsstand.visitor().get('/search?q[]=x&q=y').expect(200)
    await newsstand.visitor().get('/search?q=war&page=-3').expect(200)
  })
})

describe('staff', () => {
  it('have no more to read than they paid for', async () => {
    const dora = newsstand.visitor()
    await signIn(newsstand, dora, 'owner@newsstand.test')
    assert.equal(access((await dora.get(quds)).text), 'preview')
  })
})

async function hiddenWords({ db }: Newsstand, slug: string): Promise<string> {
  const row = await db
    .selectFrom('articles')
    .select(['body_text', 'preview_text'])
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow()
  return row.body_text
    .slice(row.preview_text.length)
    .trim()
    .split(/\s+/)
    .slice(30, 38)
    .join(' ')
    .replaceAll('"', '')
}
