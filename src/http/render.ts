import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from 'express'
import type { Templates } from './templates.ts'

export interface Notice {
  kind: 'info' | 'error'
  text: string
}

export interface Page {
  /** The template below `views/`, without its ending. */
  view: string
  title: string
  /** What the template receives besides the shell. */
  model: object
  status?: number
  description?: string
  /** A path below the public URL; null or absent: the page names no canonical address. */
  canonical?: string | null
  noindex?: boolean
  /** Structured data, as an object. */
  jsonLd?: object | null
  notice?: Notice | null
  layout?: 'page' | 'staff'
  /** Nobody may keep a copy, not even the browser: pages with codes or receipts. */
  secret?: boolean
}

export type Render = (req: Request, res: Response, page: Page) => Promise<void>

/** What every page has around its own content; made for each request by the one who mounts the routers. */
export interface Shell {
  url: string
  /** Whether these bytes are for one person, so that no shared cache may hold them. */
  personal: boolean
  [more: string]: unknown
}

/** Renders a page inside its layout and sends it with the caching headers that its contents allow. */
export function createRender(templates: Templates, shellFor: (req: Request) => Promise<Shell>): Render {
  return async (req, res, page) => {
    const shell = { ...(await shellFor(req)), notice: page.notice ?? null }
    const body = await templates(page.view, { ...page.model, shell })
    const html = await templates(`layout/${page.layout ?? 'page'}`, {
      page: headOf(page, shell.url),
      shell,
      body,
    })
    res.status(page.status ?? 200)
    res.vary('Cookie')
    res.set('Cache-Control', cacheControl(page, shell.personal))
    await sendHtml(req, res, Buffer.from(html), page.secret ?? false)
  }
}

/**
 * Packed where the browser can unpack it. Pages with secrets are not: their length would tell of their content
 * (BREACH, https://www.breachattack.com, read 2026-11-22).
 */
async function sendHtml(req: Request, res: Response, html: Buffer, secret: boolean): Promise<void> {
  res.type('html')
  if (secret) return void res.send(html)
  res.vary('Accept-Encoding')
  if (!req.acceptsEncodings('gzip')) return void res.send(html)
  res.set('Content-Encoding', 'gzip').send(await pack(html))
}

const pack = promisify(gzip)

function headOf(page: Page, url: string) {
  return {
    title: page.title,
    description: page.description ?? '',
    canonical: page.canonical ? url + page.canonical : null,
    noindex: page.noindex ?? false,
    jsonLd: page.jsonLd ? escapeForScript(JSON.stringify(page.jsonLd)) : null,
  }
}

/** Inside a script element only `<` can end it or open a comment. */
function escapeForScript(json: string): string {
  return json.replaceAll('<', '\\u003c')
}

function cacheControl(page: Page, personal: boolean): string {
  if (page.secret) return 'private, no-store'
  if (personal || (page.status ?? 200) >= 400) return 'private, no-cache'
  return 'public, max-age=0, must-revalidate'
}
