import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { readCookie, setCookie } from '../http/cookies.ts'

const cookieName = 'checkout'
const cookieDays = 7

/**
 * What ties an order to the browser that placed it: a secret in a cookie, of which the order keeps the hash. A browser that
 * has none gets `fresh`, made from its cart: fifty forms at once from one browser then bear one mark, and are one order.
 */
export function markBrowser(req: Request, res: Response, fresh: string, secure: boolean): string {
  const secret = secretOf(req) ?? fresh
  setCookie(res, cookieName, secret, { days: cookieDays, secure })
  return hashOf(secret)
}

/** null: this browser placed no order lately. */
export function browserHashOf(req: Request): string | null {
  const secret = secretOf(req)
  return secret ? hashOf(secret) : null
}

function secretOf(req: Request): string | null {
  const value = readCookie(req, cookieName)
  return value && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
