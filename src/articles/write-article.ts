import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import { type ArticleAccess, tagSlug } from './article.ts'
import { composeText } from './compose-article.ts'

export interface ArticleDraft {
  slug: string
  headline: string
  standfirst: string
  author: string
  access: ArticleAccess
  collection: string
  /** Names, as the author writes them. */
  tags: string[]
  markdown: string
  /** null: the mark in the text, or the first two paragraphs. */
  previewParagraphs: number | null
  publishedAt: Date
}

/** Stores a new article with all that its pages, feeds and searches show. Throws when the slug is taken. */
export async function writeArticle(tx: Transaction, draft: ArticleDraft, now: Date): Promise<string> {
  const id = randomUUID()
  const text = composeText(draft.markdown, draft.previewParagraphs)
  await tx
    .insertInto('articles')
    .values({
      id,
      slug: draft.slug,
      headline: draft.headline,
      standfirst: draft.standfirst,
      author: draft.author,
      access: draft.access,
      collection: draft.collection,
      body_markdown: draft.markdown,
      body_html: text.bodyHtml,
      preview_html: text.previewHtml,
      body_text: text.bodyText,
      preview_text: text.previewText,
      preview_paragraphs: draft.previewParagraphs,
      reading_minutes: text.readingMinutes,
      published_at: draft.publishedAt,
      updated_at: now,
      preview_search: searchVector(draft, text.previewText),
      body_search: searchVector(draft, text.bodyText),
    })
    .execute()
  await writeTags(tx, id, draft.tags)
  return id
}

/** What a search finds the article by; a hit in the headline counts most. */
function searchVector(draft: ArticleDraft, text: string) {
  return sql<string>`setweight(to_tsvector('english', ${draft.headline}), 'A')
    || setweight(to_tsvector('english', ${`${draft.standfirst} ${draft.tags.join(' ')} ${draft.author}`}), 'B')
    || setweight(to_tsvector('english', ${text}), 'C')`
}

async function writeTags(tx: Transaction, articleId: string, names: string[]): Promise<void> {
  for (const [position, name] of names.entries()) {
    const slug = tagSlug(name)
    await tx
      .insertInto('tags')
      .values({ slug, name })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await tx.insertInto('article_tags').values({ article_id: articleId, tag_slug: slug, position }).execute()
  }
}
