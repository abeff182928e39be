export type ArticleAccess = 'free' | 'subscribers'

export interface Tag {
  slug: string
  name: string
}

/** What lists show of an article: nothing of its text. */
export interface Headline {
  id: string
  slug: string
  headline: string
  standfirst: string
  author: string
  access: ArticleAccess
  /** Which plans open it: those that open its collection. */
  collection: string
  readingMinutes: number
  publishedAt: Date
  updatedAt: Date
  tags: Tag[]
}

/** The part of an article that anyone may read. */
export interface Preview extends Headline {
  previewHtml: string
}

/** "Middle East" as "middle-east". */
export function tagSlug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
