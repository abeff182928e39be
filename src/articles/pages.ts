import type { Calendar, Moment } from '../http/moment.ts'
import type { Headline, Tag } from './article.ts'

/** An article in a list. */
export interface Card {
  slug: string
  headline: string
  standfirst: string
  author: string
  published: Moment
  readingMinutes: number
  tags: Tag[]
  access: 'free' | 'subscribers'
}

export function card(article: Headline, calendar: Calendar): Card {
  const { slug, headline, standfirst, author, readingMinutes, tags, access } = article
  return {
    slug,
    headline,
    standfirst,
    author,
    published: calendar.date(article.publishedAt),
    readingMinutes,
    tags,
    access,
  }
}
