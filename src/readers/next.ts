import type { Request, Response } from 'express'
import { readCookie, setCookie } from '../http/cookies.ts'

const here = 'http://here.invalid'

/**
 * Where a form may lead afterwards: a path of this site, as given; null for anything that a browser could take for
 * another site, and for what is no path. Browsers drop tabs and line breaks and read `\` as `/`
 * (https://url.spec.whatwg.org/#url-parsing, read 2026-11-22).
 */
export function localPath(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 2000) return null
  if (!/^\/[!-[\]-~]*$/.test(text) || !URL.canParse(text, here)) return null
  const url = new URL(text, here)
  // "/..//elsewhere" stays here as it is written, but not once someone has shortened it.
  return url.origin === here && !url.pathname.startsWith('//') && !text.startsWith('//') ? text : null
}

const cookieName = 'next'
const cookieDays = 1 / 24

/** For a code form that comes without `next`: where its browser was on the way to. */
export function rememberNext(res: Response, next: string): void {
  setCookie(res, cookieName, next, { days: cookieDays, secure: false })
}

/** What `rememberNext` kept, once; null: nothing, or nothing of this site. */
export function takeNext(req: Request, res: Response): string | null {
  const next = localPath(readCookie(req, cookieName))
  if (next) res.clearCookie(cookieName, { path: '/' })
  return next
}
