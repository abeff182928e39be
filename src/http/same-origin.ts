import type { Request, RequestHandler } from 'express'
import { Forbidden } from '../errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site makes a browser send. Browsers say so in `Sec-Fetch-Site`
 * (https://www.w3.org/TR/fetch-metadata/, read 2026-11-22) and older ones in `Origin`; a client that sends neither is
 * no browser that carries a person's cookies.
 */
export const sameOriginOnly: RequestHandler = (req, _res, next) => {
  if (!safeMethods.has(req.method) && isFromElsewhere(req)) {
    throw new Forbidden('This form was sent from another site. Open the page here and send it again.')
  }
  next()
}

function isFromElsewhere(req: Request): boolean {
  const site = req.get('sec-fetch-site')
  if (site) return site !== 'same-origin' && site !== 'none'
  const origin = req.get('origin')
  if (!origin) return false
  return !URL.canParse(origin) || new URL(origin).host !== req.host
}
