import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'

export interface FoundArticle {
  id: string
  slug: string
  headline: string
  author: string
  access: 'free' | 'subscribers'
  readingMinutes: number
  publishedAt: Date
}

/** The newest articles, those to come included; `q` searches their whole text ('' for all). */
export async function findArticles(
  db: Transaction,
  q: string,
  page: { after: { at: Date; id: string } | null; limit: number },
): Promise<FoundArticle[]> {
  let query = db
    .selectFrom('articles')
    .select(['id', 'slug', 'headline', 'author', 'access'])
    .select(['reading_minutes as readingMinutes', 'published_at as publishedAt'])
    .orderBy('published_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (q) query = query.where(sql<boolean>`body_search @@ websearch_to_tsquery('english', ${q})`)
  if (page.after) query = query.where(sql<boolean>`(published_at, id) < (${page.after.at}, ${page.after.id})`)
  return query.execute()
}
