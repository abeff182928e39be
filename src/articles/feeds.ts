import type { Installation } from '../db/installation.ts'
import type { Preview } from './article.ts'

/** RSS 2.0 with the free part of each article (https://www.rssboard.org/rss-specification, read 2026-11-22). */
export function rssFeed(articles: readonly Preview[], installation: Installation, publicUrl: string): string {
  const items = articles.map((article) => rssItem(article, publicUrl)).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>${escapeXml(installation.publication_name)}</title>
<link>${escapeXml(publicUrl)}/</link>
<description>${escapeXml(installation.tagline)}</description>
<language>${escapeXml(installation.locale)}</language>
<atom:link href="${escapeXml(publicUrl)}/feed.xml" rel="self" type="application/rss+xml"/>
${items}</channel></rss>
`
}

function rssItem(article: Preview, publicUrl: string): string {
  const address = escapeXml(`${publicUrl}/articles/${article.slug}`)
  return `<item>
<title>${escapeXml(article.headline)}</title>
<link>${address}</link>
<guid>${address}</guid>
<pubDate>${article.publishedAt.toUTCString()}</pubDate>
<dc:creator>${escapeXml(article.author)}</dc:creator>
${article.tags.map((tag) => `<category>${escapeXml(tag.name)}</category>`).join('')}
<description>${escapeXml(`<p>${escapeXml(article.standfirst)}</p>${article.previewHtml}`)}</description>
</item>
`
}

/** `paths` begin with a slash; a null date names none. */
export function sitemap(
  paths: readonly { path: string; updatedAt: Date | null }[],
  publicUrl: string,
): string {
  const entries = paths.map(({ path, updatedAt }) => {
    const lastmod = updatedAt ? `<lastmod>${updatedAt.toISOString()}</lastmod>` : ''
    return `<url><loc>${escapeXml(publicUrl + path)}</loc>${lastmod}</url>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${entries.join('')}</urlset>
`
}

/** What search engines need not look at; the address of the sitemap. */
export function robots(publicUrl: string): string {
  const closed = ['/account', '/cart', '/checkout', '/orders/', '/search', '/sign-in']
  return `User-agent: *\n${closed.map((path) => `Disallow: ${path}\n`).join('')}\nSitemap: ${publicUrl}/sitemap.xml\n`
}

function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 allows no other control characters at all
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
  return allowed
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
