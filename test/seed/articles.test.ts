import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { tagSlug } from '../../src/articles/article.ts'
import { composeText } from '../../src/articles/compose-article.ts'

const folder = new URL('../../src/seed/demo/articles/', import.meta.url)
const contractSlug = 'quds-force-chief-visits-baghdad'
/** One phrase for each fact that the contract's article reports. */
const contractFacts = [
  'Esmail Qaani, traveled to Baghdad',
  'less than 48 hours after three US soldiers were killed in Jordan',
  'stop attacking US troops',
  'lie low',
  'on senior commanders, on infrastructure, or on Iran itself',
  'One faction refused at first. Most complied.',
  'attacks have stopped since 4 February',
  'more than 20 attacks on US forces in Iraq and Syria',
  'In the two weeks before',
  'opposition to Israel’s actions in Gaza',
  'battleground',
  'had asked Iran for help',
  'Talks between Washington and Baghdad on ending the US presence',
  'About 2,500 US troops are in Iraq and another 900 in Syria',
  'ISIS since 2014',
  'several Iranian and Iraqi sources',
  'February 2024',
]
const moreMark = /^<!-- more -->$/gm

const frontMatter = z.strictObject({
  headline: z.string().trim().min(1),
  standfirst: z.string().trim().min(1),
  author: z.string().trim().min(1),
  tags: z.array(z.string().trim().min(1)).min(1),
  access: z.enum(['free', 'subscribers']),
  collection: z.enum(['daily', 'dossiers']),
  daysAgo: z.number().min(0.1),
  previewParagraphs: z.number().int().positive().optional(),
})

const publication = z
  .strictObject({
    name: z.string(),
    tagline: z.string().min(1),
    locale: z.string(),
    zone: z.string(),
    currency: z.string().length(3),
    collections: z.array(
      z.strictObject({ slug: z.string(), name: z.string().min(1), description: z.string().min(1) }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../publication.json', folder), 'utf8')))

const articles = readdirSync(folder).map(readArticle)
const sold = articles.filter((article) => article.access === 'subscribers')

describe('the publication', () => {
  test('has a name, a locale, a zone and a currency that can be formatted with', () => {
    assert.equal(publication.name, 'The Meridian')
    const { locale, zone, currency } = publication
    assert.match(new Intl.NumberFormat(locale, { style: 'currency', currency }).format(130), /130/)
    assert.ok(new Intl.DateTimeFormat(locale, { timeZone: zone }).format(0))
  })

  test('has each collection that its articles are in, and no other', () => {
    const named = publication.collections.map((collection) => collection.slug)
    assert.deepEqual([...new Set(articles.map((article) => article.collection))].sort(), named.sort())
  })
})

describe('the articles together', () => {
  test('are at least 12, three of them free and three of them dossiers', () => {
    assert.ok(articles.length >= 12, `${articles.length} articles`)
    assert.equal(articles.length - sold.length, 3)
    const dossiers = articles.filter((article) => article.collection === 'dossiers')
    assert.equal(dossiers.length, 3)
    assert.ok(dossiers.every((article) => article.access === 'subscribers'))
  })

  test('bear at least 5 tags, each on two or more of them', () => {
    const counts = countBy(articles.flatMap((article) => article.tags))
    assert.ok(counts.size >= 5, `${counts.size} tags`)
    for (const [tag, count] of counts) assert.ok(count >= 2, `${tag} is on ${count} article`)
    assert.equal(new Set([...counts.keys()].map(tagSlug)).size, counts.size, 'two tags share an address')
  })

  test('are by at least 6 authors', () => {
    assert.ok(new Set(articles.map((article) => article.author)).size >= 6)
  })

  test('appeared at different times, the newest a tenth of a day ago', () => {
    const ages = articles.map((article) => article.daysAgo)
    assert.equal(new Set(ages).size, ages.length)
    assert.equal(Math.min(...ages), 0.1)
  })

  test('have different headlines and standfirsts', () => {
    const words = articles.flatMap((article) => [article.headline, article.standfirst])
    assert.equal(new Set(words).size, words.length)
  })

  test('end their previews at a mark in most, by paragraphs in at least three', () => {
    const byParagraphs = articles.filter((article) => article.previewParagraphs !== undefined)
    assert.ok(byParagraphs.length >= 3)
    assert.ok(byParagraphs.length < articles.length / 2)
  })

  test('include the one that the contract names, for subscribers only', () => {
    const named = articles.find((article) => article.slug === contractSlug)
    assert.equal(named?.access, 'subscribers')
    assert.equal(named?.collection, 'daily')
    for (const fact of contractFacts) assert.ok(named?.bodyText.includes(fact), fact)
  })

  test('each hold a sentence behind the paywall that stands nowhere else', () => {
    for (const article of sold) {
      const found = hiddenSentences(article).filter((sentence) => isNowhereElse(sentence, article))
      assert.ok(found.length > 0, article.slug)
    }
  })
})

for (const article of articles) {
  describe(article.slug, () => {
    test('has an address that is its file name', () => {
      assert.match(article.slug, /^[a-z0-9]+(-[a-z0-9]+)*$/)
    })

    test('is as long as its collection asks', () => {
      const [least, most] = article.collection === 'dossiers' ? [1000, 2000] : [450, 900]
      const count = words(article.bodyText)
      assert.ok(count >= least && count <= most, `${count} words`)
    })

    test('says in one way where its preview ends', () => {
      const marks = article.markdown.match(moreMark)?.length ?? 0
      assert.equal(marks, article.previewParagraphs === undefined ? 1 : 0)
      assert.ok(!article.bodyText.includes('<!--'))
    })

    test('shows enough in its preview to be wanted, and less than half', () => {
      assert.ok(words(article.previewText) >= 50, `${words(article.previewText)} words`)
      assert.ok(words(article.previewText) < words(article.bodyText) / 2)
      assert.ok(article.bodyHtml.startsWith(article.previewHtml.trimEnd()))
    })

    test('leads nowhere outside, shows no picture and brings no markup of its own', () => {
      assert.doesNotMatch(article.source, /https?:|www\.|mailto:|\]\(|^\[[^\]]+\]:/m)
      assert.doesNotMatch(article.markdown.replace(moreMark, ''), /<[a-z!/]/i)
      assert.doesNotMatch(article.bodyHtml, /<(a|img|h1)\b/)
    })

    test('has no number of six digits, which only a mailed code may have', () => {
      assert.doesNotMatch(article.source.replace(/(?<=\d)[,.\s](?=\d{3})/g, ''), /(?<!\d)\d{6}(?!\d)/)
    })

    test('is ready for print: no double spaces, no stray Markdown', () => {
      assert.doesNotMatch(article.markdown, /\S {2,}\S|[ \t]+$|\t/m)
      assert.doesNotMatch(article.bodyText, /\*|_{2}|^#/m)
      assert.doesNotMatch(article.headline + article.standfirst, /["']/)
    })
  })
}

function readArticle(file: string) {
  const source = readFileSync(new URL(file, folder), 'utf8')
  const [, json = '', markdown = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(source) ?? []
  assert.notEqual(json, '', `${file} does not begin with front matter`)
  const parsed = frontMatter.safeParse(JSON.parse(json))
  assert.ok(parsed.success, `${file}: ${parsed.error?.message}`)
  return {
    ...parsed.data,
    ...composeText(markdown, parsed.data.previewParagraphs ?? null),
    slug: basename(file, '.md'),
    source,
    markdown,
  }
}

type Article = ReturnType<typeof readArticle>

/** Sentences long and plain enough to read the same in Markdown, in HTML, in JSON and in a feed. */
function hiddenSentences(article: Article): string[] {
  const hidden = article.bodyText.slice(article.previewText.length)
  assert.equal(article.bodyText, article.previewText + hidden, article.slug)
  const sentences = hidden.split(/(?<=[.?!])\s+/)
  return sentences.filter(
    (sentence) =>
      /^[A-Z][A-Za-z0-9,;:. -]{50,}\.$/.test(sentence) &&
      article.markdown.includes(sentence) &&
      article.bodyHtml.includes(sentence),
  )
}

function isNowhereElse(sentence: string, { slug, previewHtml, headline, standfirst }: Article): boolean {
  const shown = [previewHtml, headline, standfirst]
  const others = articles.filter((article) => article.slug !== slug).map((article) => article.source)
  return ![...shown, ...others].some((text) => text.includes(sentence))
}

function words(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
