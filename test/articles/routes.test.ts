import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openNewsstand } from '../support/newsstand.ts'
import { subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()

describe('the front page', () => {
  it('leads to every article', async () => {
    const { text } = await newsstand.visitor().get('/').expect(200)
    const articles = await newsstand.db.selectFrom('articles').select('slug').execute()
    assert.ok(articles.length >= 12)
    for (const { slug } of articles) assert.ok(text.includes(`/articles/${slug}"`), slug)
  })

  it('shows the small cart, empty', async () => {
    const { text } = await newsstand.visitor().get('/').expect(200)
    assert.match(text, /data-cart-subtotal[^>]*>\$0\.00</)
  })

  it('is the same bytes for everyone without cookies, and says so to caches', async () => {
    const [first, second] = await Promise.all([newsstand.visitor().get('/'), newsstand.visitor().get('/')])
    assert.equal(first.text, second.text)
    assert.match(first.headers['cache-control'] ?? '', /^public/)
    assert.match(first.headers.vary ?? '', /Cookie/)
    await newsstand
      .visitor()
      .get('/')
      .set('If-None-Match', first.headers.etag ?? '')
      .expect(304)
  })
})

describe('tags', () => {
  it('list their articles', async () => {
    const { text } = await newsstand.visitor().get('/tags/middle-east').expect(200)
    assert.ok(text.includes('/articles/quds-force-chief-visits-baghdad"'))
  })

  it('that nobody gave are not there', async () => {
    await newsstand.visitor().get('/tags/unicorns').expect(404)
  })

  it('go on by place, and ignore a place that is none', async () => {
    await newsstand.db
      .insertInto('article_tags')
      .columns(['article_id', 'tag_slug', 'position'])
      .expression((builder) =>
        builder
          .selectFrom('articles')
          .select(['id', builder.val('world').as('tag_slug'), builder.val(9).as('position')]),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await newsstand.visitor().get('/tags/world?after=nonsense').expect(200)
    await newsstand.visitor().get('/tags/world?after=1_00000000-0000-0000-0000-000000000000').expect(200)
    await newsstand
      .visitor()
      .get(`/tags/world?after=1_${'-'.repeat(36)}`)
      .expect(200)
  })
})

describe('machines', () => {
  it('read the feed', async () => {
    const { text, headers } = await newsstand.visitor().get('/feed.xml').expect(200)
    assert.match(headers['content-type'] ?? '', /rss\+xml/)
    assert.match(text, /<item>/)
    assert.ok(text.includes('/articles/quds-force-chief-visits-baghdad'))
  })

  it('read the sitemap', async () => {
    const { text } = await newsstand.visitor().get('/sitemap.xml').expect(200)
    assert.ok(text.includes(`<loc>${newsstand.url}/articles/quds-force-chief-visits-baghdad</loc>`))
  })

  it('read robots.txt', async () => {
    const { text } = await newsstand.visitor().get('/robots.txt').expect(200)
    assert.ok(text.includes(`Sitemap: ${newsstand.url}/sitemap.xml`))
    assert.doesNotMatch(text, /admin/)
  })
})

describe('what shared caches may keep', () => {
  it('holds nobody’s cookie: not even when a session was just lengthened', async () => {
    const alice = newsstand.visitor()
    await subscribe(alice, 'alice@example.com')
    for (const path of ['/feed.xml', '/sitemap.xml', '/robots.txt', '/', '/subscribe', '/search?q=river']) {
      const dayBefore = new Date(Date.now() - 2 * 86_400_000)
      await newsstand.db.updateTable('sessions').set({ updated_at: dayBefore }).execute()
      const { headers } = await alice.get(path).expect(200)
      assert.ok(headers['set-cookie'], `${path} lengthens the session`)
      assert.match(headers['cache-control'] ?? '', /^private/, path)
    }
    const { headers } = await newsstand.visitor().get('/feed.xml').expect(200)
    assert.match(headers['cache-control'] ?? '', /^public/)
  })
})

describe('what is to come', () => {
  it('is not there before its time', async () => {
    const slug = 'the-slowest-race-in-the-world'
    const later = new Date(newsstand.clock().getTime() + 3_600_000)
    await newsstand.db.updateTable('articles').set({ published_at: later }).where('slug', '=', slug).execute()
    await newsstand.visitor().get(`/articles/${slug}`).expect(404)
    for (const path of ['/', '/feed.xml', '/sitemap.xml', '/search?q=slowest']) {
      const { text } = await newsstand.visitor().get(path).expect(200)
      assert.ok(!text.includes(`/articles/${slug}`), path)
    }
  })
})

describe('addresses that are none', () => {
  it('get a page that helps, and no details', async () => {
    for (const path of [
      '/nothing',
      '/articles/nothing',
      '/articles/%00',
      '/assets/nothing.css',
      '/assets/..%2f..%2fpackage.json',
    ]) {
      const { text } = await newsstand.visitor().get(path).expect(404)
      assert.doesNotMatch(text, /node_modules|at .*\.ts/, path)
    }
    await newsstand.visitor().get('/articles/%E0%A4%A').expect(400)
  })
})
