import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openNewsstand } from './support/newsstand.ts'

interface Hidden {
  slug: string
  /** A sentence that stands behind the wall and nowhere before it. */
  sentence: string
}

const newsstand = await openNewsstand()
const articles = await newsstand.db
  .selectFrom('articles')
  .selectAll()
  .where('access', '=', 'subscribers')
  .execute()
const hidden: Hidden[] = articles.map((article) => ({
  slug: article.slug,
  sentence: hiddenSentence(article),
}))

/** The longest run of plain words in the hidden part: no markup and no quotation marks that escaping would change. */
function hiddenSentence({
  slug,
  body_text: body,
  preview_text: preview,
}: Record<'slug' | 'body_text' | 'preview_text', string>): string {
  assert.ok(body.startsWith(preview.trim().slice(0, 40)), slug)
  const sentences = body.slice(preview.length).split(/(?<=[.?!])\s+/)
  const plain = sentences.filter(
    (sentence) => /^[\w ,;:.-]{40,}$/.test(sentence) && !preview.includes(sentence),
  )
  const [longest] = plain.toSorted((a, b) => b.length - a.length)
  assert.ok(longest, `${slug} has no plain sentence behind its wall`)
  return longest
}

/** Everything of an answer that a stranger sees: status line aside, headers and body. */
async function everything(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(newsstand.url + path, { headers, redirect: 'manual' })
  return JSON.stringify([...answer.headers]) + (await answer.text())
}

/** In lower case and without what separates words, so that no other way of writing it hides it. */
function squeezed(text: string): string {
  return text.toLowerCase().replace(/&[a-z]+;|<[^>]*>|[^a-z0-9]/g, '')
}

describe('the text behind the paywall', () => {
  it('can be told: the test sees it where it is', async () => {
    for (const { slug, sentence } of hidden) {
      const row = await newsstand.db
        .selectFrom('articles')
        .select('body_html')
        .where('slug', '=', slug)
        .executeTakeFirstOrThrow()
      assert.ok(squeezed(row.body_html).includes(squeezed(sentence)), slug)
    }
    assert.ok(hidden.length >= 9)
  })

  it('is in nothing that a stranger can fetch', async () => {
    const paths = [
      ...[
        '/',
        '/feed.xml',
        '/sitemap.xml',
        '/robots.txt',
        '/subscribe',
        '/cart',
        '/checkout',
        '/account',
        '/admin/articles',
        '/nothing',
      ],
      ...(await newsstand.db.selectFrom('tags').select('slug').execute()).map(({ slug }) => `/tags/${slug}`),
      ...hidden.flatMap(({ slug }) => [
        `/articles/${slug}`,
        `/articles/${slug}/`,
        `/articles/${slug}?format=json`,
        `/articles/${slug}.json`,
        `/articles/${slug.toUpperCase()}`,
        `/articles/${slug}%00`,
      ]),
      ...hidden.flatMap(({ slug, sentence }) => [
        `/search?q=${encodeURIComponent(`"${sentence}"`)}`,
        `/search?q=${encodeURIComponent(sentence)}`,
        `/search?q=${encodeURIComponent(slug.replaceAll('-', ' '))}`,
      ]),
    ]
    for (const path of paths) {
      const seen = squeezed(withoutTheQuestion(await everything(path), path))
      for (const { slug, sentence } of hidden)
        assert.ok(!seen.includes(squeezed(sentence)), `${slug} leaks at ${path}`)
    }
  })

  it('is given to no kind of client', async () => {
    const clients = [
      { accept: 'application/json' },
      { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
      { cookie: 'newsstand_session=forged.c2lnbmF0dXJl' },
      { 'x-forwarded-for': '127.0.0.1', 'x-original-url': '/admin/articles' },
      { range: 'bytes=0-100000' },
      { purpose: 'prefetch' },
    ]
    for (const { slug, sentence } of hidden) {
      for (const headers of clients) {
        const seen = squeezed(await everything(`/articles/${slug}`, headers))
        assert.ok(!seen.includes(squeezed(sentence)), `${slug} leaks to ${JSON.stringify(headers)}`)
      }
    }
  })

  it('is in no answer to a form, an error included', async () => {
    for (const { slug, sentence } of hidden.slice(0, 3)) {
      for (const [path, body] of [
        [`/articles/${slug}`, ''],
        ['/cart/lines', `plan=${slug}&quantity=1&from=${slug}`],
        ['/sign-in', `email=${slug}&next=/articles/${slug}`],
      ] as const) {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const answer = await fetch(newsstand.url + path, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
        })
        assert.ok(!squeezed(await answer.text()).includes(squeezed(sentence)), path)
      }
    }
  })
})

/** A search page repeats what was asked for; that is no leak. */
function withoutTheQuestion(text: string, path: string): string {
  const query = new URL(path, newsstand.url).searchParams.get('q')
  if (!query) return text
  const escaped = query.replaceAll('&', '&amp;').replaceAll('"', '&#34;')
  return text
    .replaceAll(escaped, '')
    .replaceAll(query.slice(0, 200), '')
    .replaceAll(escaped.slice(0, 200), '')
}
