import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ejs, { type TemplateFunction } from 'ejs'
import type { RequestHandler, Response } from 'express'

const views = join(import.meta.dirname, '../../../views/sandbox')

export interface Page {
  title: string
  /** Which part of the sandbox it belongs to, for the navigation; null: the buyer's pages, which have none. */
  part: 'home' | 'mail' | 'clock' | 'faults' | 'account' | null
  [local: string]: unknown
}
export type Render = (res: Response, view: string, page: Page, status?: number) => Promise<void>

/** Renders `views/sandbox/<view>.ejs` inside the sandbox's own layout. Templates are compiled once. */
export function createRender(): Render {
  const compiled = new Map<string, Promise<TemplateFunction>>()
  const template = (name: string) => {
    const known = compiled.get(name) ?? compile(join(views, `${name}.ejs`))
    compiled.set(name, known)
    return known
  }
  return async (res, view, page, status = 200) => {
    const body = (await template(view))(page)
    const html = (await template('layout'))({ title: page.title, part: page.part, body })
    res.status(status).set('cache-control', 'no-store').type('html').send(html)
  }
}

async function compile(filename: string): Promise<TemplateFunction> {
  return ejs.compile(await readFile(filename, 'utf8'), { filename, cache: true })
}

/** No script or style of others; a form may end anywhere, since paying leads back to the shop. */
export const pageHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'content-security-policy':
      "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  next()
}

export const stylesheet = join(views, 'sandbox.css')
