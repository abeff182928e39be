import type { Preview } from '../articles/article.ts'
import type { Installation } from '../db/installation.ts'

/**
 * What search engines are told of an article. No `hasPart`: its selector must match what is on the page, and the body
 * is withheld (https://developers.google.com/search/docs/appearance/structured-data/paywalled-content, read 2026-11-22).
 */
export function structuredData(article: Preview, installation: Installation, publicUrl: string): object {
  return {
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    headline: article.headline,
    description: article.standfirst,
    datePublished: article.publishedAt.toISOString(),
    dateModified: (article.updatedAt > article.publishedAt
      ? article.updatedAt
      : article.publishedAt
    ).toISOString(),
    author: [{ '@type': 'Person', name: article.author }],
    publisher: {
      '@type': 'NewsMediaOrganization',
      name: installation.publication_name,
      url: `${publicUrl}/`,
    },
    keywords: article.tags.map((tag) => tag.name),
    isAccessibleForFree: article.access === 'free',
    mainEntityOfPage: `${publicUrl}/articles/${article.slug}`,
  }
}
