import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Headline, Tag } from './article.ts'

export interface SearchHit extends Headline {
  /** HTML: escaped text with the words that were found in `<mark>`. */
  snippetHtml: string
}

/** Marks around found words that no text contains, so that the text between can be escaped. */
const [startMark, endMark] = ['\u0001', '\u0002']

/**
 * Full-text search, best first. Whoever may not read an article's whole text searches its headline, standfirst and
 * preview alone, since quoted phrases would otherwise read it out word by word. `readable`: the collections that are
 * open to this reader.
 */
export async function searchArticles(
  db: Transaction,
  search: { query: string; readable: readonly string[]; now: Date; limit: number; offset: number },
): Promise<{ hits: SearchHit[]; total: number }> {
  const { query, readable, now, limit, offset } = search
  const { rows } = await sql<Row>`
    WITH asked AS (SELECT websearch_to_tsquery('english', ${query}) AS query),
    found AS (
      SELECT articles.*, readable, count(*) OVER () AS total,
        ts_rank(CASE WHEN readable THEN body_search ELSE preview_search END, query) AS rank, query
      FROM articles, asked,
        LATERAL (SELECT access = 'free' OR collection = ANY(${[...readable]}::text[]) AS readable) AS may
      WHERE published_at <= ${now}
        AND ((preview_search @@ query) OR (readable AND body_search @@ query))
      ORDER BY rank DESC, published_at DESC, id DESC
      LIMIT ${limit} OFFSET ${offset}
    )
    SELECT id, slug, headline, standfirst, author, access, collection, reading_minutes, published_at, updated_at, total,
      ts_headline('english', CASE WHEN readable THEN body_text ELSE preview_text END, query,
        ${`StartSel=${startMark}, StopSel=${endMark}, MaxWords=36, MinWords=18, MaxFragments=2, FragmentDelimiter= … `}) AS snippet,
      (SELECT coalesce(json_agg(json_build_object('slug', tags.slug, 'name', tags.name) ORDER BY position), '[]')
        FROM article_tags JOIN tags ON tags.slug = tag_slug WHERE article_id = found.id) AS tags
    FROM found ORDER BY rank DESC, published_at DESC, id DESC`.execute(db)
  return { hits: rows.map(toHit), total: rows[0]?.total ?? 0 }
}

interface Row {
  id: string
  slug: string
  headline: string
  standfirst: string
  author: string
  access: 'free' | 'subscribers'
  collection: string
  reading_minutes: number
  published_at: Date
  updated_at: Date
  total: number
  snippet: string
  tags: Tag[]
}

function toHit(row: Row): SearchHit {
  const { id, slug, headline, standfirst, author, access, collection, tags } = row
  const dates = { publishedAt: row.published_at, updatedAt: row.updated_at }
  const rest = { readingMinutes: row.reading_minutes, snippetHtml: markFound(row.snippet) }
  return { id, slug, headline, standfirst, author, access, collection, tags, ...dates, ...rest }
}

function markFound(snippet: string): string {
  return escapeHtml(snippet).replaceAll(startMark, '<mark>').replaceAll(endMark, '</mark>')
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
