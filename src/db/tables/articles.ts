export interface ArticleTables {
  collections: { slug: string; name: string; description: string }
  articles: {
    id: string
    slug: string
    headline: string
    standfirst: string
    author: string
    access: 'free' | 'subscribers'
    collection: string
    body_markdown: string
    body_html: string
    preview_html: string
    body_text: string
    preview_text: string
    preview_paragraphs: number | null
    reading_minutes: number
    published_at: Date
    updated_at: Date
    /** A tsvector, written as an expression. */
    preview_search: string
    body_search: string
  }
  tags: { slug: string; name: string }
  article_tags: { article_id: string; tag_slug: string; position: number }
}
