import MarkdownIt from 'markdown-it'
import sanitizeHtml from 'sanitize-html'

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number]

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: true })

/** Where the free part ends, as an author writes it on a line of its own. */
const moreMark = /^[ \t]*<!--[ \t]*more[ \t]*-->[ \t]*$/m
const paragraphsUnlessTold = 2
const wordsAMinute = 230

export interface ComposedText {
  bodyHtml: string
  previewHtml: string
  /** Without markup, for searching. */
  bodyText: string
  previewText: string
  readingMinutes: number
}

/**
 * An article's Markdown as pages need it. The preview ends at the `<!-- more -->` mark; without one, after
 * `previewParagraphs` paragraphs (null: two), but always before the last block, so that something stays behind it.
 */
export function composeText(source: string, previewParagraphs: number | null): ComposedText {
  const [beforeMark, ...afterMark] = source.split(moreMark)
  const whole = markdown.parse([beforeMark, ...afterMark].join('\n'), {})
  const preview =
    afterMark.length > 0
      ? markdown.parse(beforeMark ?? '', {})
      : firstParagraphs(whole, previewParagraphs ?? paragraphsUnlessTold)
  const bodyText = textOf(whole)
  return {
    bodyHtml: htmlOf(whole),
    previewHtml: htmlOf(preview),
    bodyText,
    previewText: textOf(preview),
    readingMinutes: Math.max(1, Math.round(bodyText.split(/\s+/).length / wordsAMinute)),
  }
}

function firstParagraphs(tokens: Token[], count: number): Token[] {
  const blockEnds = tokens.flatMap((token, index) =>
    token.level === 0 && token.nesting !== 1 ? [index + 1] : [],
  )
  const paragraphEnds = tokens.flatMap((token, index) =>
    token.level === 0 && token.type === 'paragraph_close' ? [index + 1] : [],
  )
  const wanted = paragraphEnds[Math.min(count, paragraphEnds.length) - 1] ?? 0
  const lastAllowed = blockEnds.at(-2) ?? 0
  return tokens.slice(0, Math.min(wanted, lastAllowed))
}

function htmlOf(tokens: Token[]): string {
  return sanitizeHtml(markdown.renderer.render(tokens, markdown.options, {}), {
    allowedTags: [
      'p',
      'h2',
      'h3',
      'h4',
      'blockquote',
      'ul',
      'ol',
      'li',
      'em',
      'strong',
      'a',
      'code',
      'pre',
      'hr',
      'br',
      's',
      'table',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
    ],
    allowedAttributes: { a: ['href', 'title'], ol: ['start'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    // The headline is the page's h1.
    transformTags: { h1: 'h2' },
  })
}

function textOf(tokens: Token[]): string {
  const inline = tokens.filter(
    (token) => token.type === 'inline' || token.type === 'fence' || token.type === 'code_block',
  )
  return inline.map((token) => (token.children ? inlineText(token.children) : token.content)).join('\n')
}

function inlineText(tokens: Token[]): string {
  return tokens
    .map((token) => (token.type === 'softbreak' || token.type === 'hardbreak' ? ' ' : token.content))
    .join('')
}
