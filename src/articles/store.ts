import { type ExpressionBuilder, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/tables.ts'
import type { Headline, Preview, Tag } from './article.ts'

const headlineColumns = [
  'articles.id',
  'articles.slug',
  'articles.headline',
  'articles.standfirst',
  'articles.author',
  'articles.access',
  'articles.collection',
  'articles.reading_minutes as readingMinutes',
  'articles.published_at as publishedAt',
  'articles.updated_at as updatedAt',
] as const

function tagsOfArticle(builder: ExpressionBuilder<Tables, 'articles'>) {
  return jsonArrayFrom(
    builder
      .selectFrom('article_tags')
      .innerJoin('tags', 'tags.slug', 'article_tags.tag_slug')
      .select(['tags.slug', 'tags.name'])
      .whereRef('article_tags.article_id', '=', 'articles.id')
      .orderBy('article_tags.position'),
  ).as('tags')
}

function selectHeadlines(db: Transaction, now: Date) {
  return db
    .selectFrom('articles')
    .select(headlineColumns)
    .select(tagsOfArticle)
    .where('articles.published_at', '<=', now)
}

/** A place in the order of publication: pages go on from there, however many articles lie above it. */
export interface Place {
  publishedAt: Date
  id: string
}

/** The newest first; `after` goes on below that place; `tag` a slug or null for all. */
export async function listHeadlines(
  db: Transaction,
  now: Date,
  options: { limit: number; tag?: string | null; after?: Place | null },
): Promise<Headline[]> {
  const { limit, tag, after } = options
  let query = selectHeadlines(db, now).orderBy('articles.published_at', 'desc').orderBy('articles.id', 'desc')
  if (tag) {
    query = query.where('articles.id', 'in', (builder) =>
      builder.selectFrom('article_tags').select('article_id').where('tag_slug', '=', tag),
    )
  }
  if (after)
    query = query.where(
      sql<boolean>`(articles.published_at, articles.id) < (${after.publishedAt}, ${after.id})`,
    )
  return query.limit(limit).execute()
}

/** null: no such article, or not published yet. */
export async function findPreview(db: Transaction, slug: string, now: Date): Promise<Preview | null> {
  const row = await selectHeadlines(db, now)
    .select('articles.preview_html as previewHtml')
    .where('articles.slug', '=', slug)
    .executeTakeFirst()
  return row ?? null
}

/** The whole text, for a reader who may have it. */
export async function findBodyHtml(db: Transaction, articleId: string): Promise<string> {
  const row = await db
    .selectFrom('articles')
    .select('body_html')
    .where('id', '=', articleId)
    .executeTakeFirstOrThrow()
  return row.body_html
}

/** Others with a tag in common, the newest first. */
export async function listRelated(
  db: Transaction,
  article: Headline,
  now: Date,
  limit: number,
): Promise<Headline[]> {
  const slugs = article.tags.map((tag) => tag.slug)
  if (slugs.length === 0) return []
  return selectHeadlines(db, now)
    .where('articles.id', '!=', article.id)
    .where('articles.id', 'in', (builder) =>
      builder.selectFrom('article_tags').select('article_id').where('tag_slug', 'in', slugs),
    )
    .orderBy('articles.published_at', 'desc')
    .limit(limit)
    .execute()
}

export async function findTag(db: Transaction, slug: string): Promise<Tag | null> {
  return (await db.selectFrom('tags').selectAll().where('slug', '=', slug).executeTakeFirst()) ?? null
}

/** Tags by how many published articles bear them. */
export async function listTags(
  db: Transaction,
  now: Date,
  limit: number,
): Promise<(Tag & { count: number })[]> {
  return db
    .selectFrom('tags')
    .innerJoin('article_tags', 'article_tags.tag_slug', 'tags.slug')
    .innerJoin('articles', 'articles.id', 'article_tags.article_id')
    .select(['tags.slug', 'tags.name', (builder) => builder.fn.countAll<number>().as('count')])
    .where('articles.published_at', '<=', now)
    .groupBy(['tags.slug', 'tags.name'])
    .orderBy('count', 'desc')
    .orderBy('tags.slug')
    .limit(limit)
    .execute()
}

/** For feeds: the newest with their previews. */
export async function listPreviews(db: Transaction, now: Date, limit: number): Promise<Preview[]> {
  return selectHeadlines(db, now)
    .select('articles.preview_html as previewHtml')
    .orderBy('articles.published_at', 'desc')
    .limit(limit)
    .execute()
}

/** For the sitemap, which may hold 50,000 addresses (https://www.sitemaps.org/protocol.html, read 2026-11-22). */
export async function listAddresses(
  db: Transaction,
  now: Date,
): Promise<{ slug: string; updatedAt: Date }[]> {
  return db
    .selectFrom('articles')
    .select(['slug', 'updated_at as updatedAt'])
    .where('published_at', '<=', now)
    .orderBy('published_at', 'desc')
    .limit(45_000)
    .execute()
}
