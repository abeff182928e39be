import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { CannotStart } from '../errors.ts'

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)

const publication = z.object({
  name: z.string(),
  tagline: z.string(),
  locale: z.string(),
  zone: z.string(),
  currency: z.string().length(3),
  collections: z.array(z.object({ slug, name: z.string(), description: z.string() })).min(1),
})

const plans = z.object({
  plans: z.array(
    z.object({
      slug,
      name: z.string(),
      summary: z.string(),
      kind: z.enum(['subscription', 'pass', 'gift']),
      opens: z.array(slug).min(1),
      price: z.string(),
      interval: z.enum(['month', 'year']).optional(),
      lastsMonths: z.number().int().positive().optional(),
    }),
  ),
  promotionCodes: z
    .array(
      z.object({
        code: z.string(),
        percentOff: z.number(),
        duration: z.enum(['once', 'forever']),
        redemptionsLimit: z.number().int().positive().optional(),
        oncePerReader: z.boolean().optional(),
      }),
    )
    .default([]),
})

const frontMatter = z.object({
  headline: z.string(),
  standfirst: z.string(),
  author: z.string(),
  tags: z.array(z.string()).min(1),
  access: z.enum(['free', 'subscribers']),
  collection: slug,
  daysAgo: z.number().nonnegative(),
  previewParagraphs: z.number().int().positive().optional(),
})

export interface Seed {
  publication: z.infer<typeof publication>
  plans: z.infer<typeof plans>
  articles: (z.infer<typeof frontMatter> & { slug: string; markdown: string })[]
}

/** The demo newspaper, which also shows how a folder of one's own is laid out. */
const demoFolder = join(import.meta.dirname, 'demo')

/** Reads what `SEED` names: "demo" or a folder. Throws CannotStart that names the file that cannot be used. */
export async function readSeed(name: string): Promise<Seed> {
  const folder = name === 'demo' ? demoFolder : name
  const articleFiles = await listArticles(folder)
  return {
    publication: await parseFile(join(folder, 'publication.json'), (text) =>
      publication.parse(JSON.parse(text)),
    ),
    plans: await parseFile(join(folder, 'plans.json'), (text) => plans.parse(JSON.parse(text))),
    articles: await Promise.all(articleFiles.map(readArticle)),
  }
}

async function listArticles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(folder, 'articles'))
    return names.filter((file) => file.endsWith('.md')).map((file) => join(folder, 'articles', file))
  } catch {
    throw new CannotStart(
      `SEED names ${folder}, which has no folder "articles": use "demo", "none", or a folder laid out like src/seed/demo.`,
    )
  }
}

/** Front matter in JSON between two lines of dashes, then Markdown. */
function readArticle(path: string) {
  return parseFile(path, (text) => {
    const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text)
    if (!match) throw new Error('it must begin with JSON between two lines of ---')
    const [, head = '', markdown = ''] = match
    return { ...frontMatter.parse(JSON.parse(head)), slug: slug.parse(basename(path, '.md')), markdown }
  })
}

async function parseFile<T>(path: string, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await readFile(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : String(error)
    throw new CannotStart(`SEED cannot be read: ${path}: ${reason}`)
  }
}
