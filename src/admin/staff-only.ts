import type { Request, RequestHandler } from 'express'
import { NotFound } from '../errors.ts'
import { isAdminAddress } from './admin-address.ts'
import type { AdminDeps } from './deps.ts'

/**
 * Before every staff page, those that do not exist included: a stranger is sent to sign in, a reader finds nothing, so
 * that neither learns which addresses there are.
 */
export function staffOnly({ visitorOf }: Pick<AdminDeps, 'visitorOf'>): RequestHandler {
  return (req, res, next) => {
    const visitor = visitorOf(req)
    if (visitor.kind === 'staff') return next()
    if (visitor.kind === 'reader') throw new NotFound()
    res.set('Cache-Control', 'private, no-store')
    res.redirect(303, `/sign-in?${new URLSearchParams({ next: pageOf(req) })}`)
  }
}

/** Before the house's other rules for addresses and forms: whatever it is called, and whatever is sent to it. */
export function guardStaffDesk(deps: Pick<AdminDeps, 'visitorOf'>): RequestHandler {
  const guard = staffOnly(deps)
  return (req, res, next) => (isAdminAddress(req.path) ? guard(req, res, next) : next())
}

/** Where to go on after signing in; an odd address is no page. */
function pageOf(req: Request): string {
  return req.method === 'GET' && /^\/admin(?:[/?]|$)/.test(req.originalUrl) ? req.originalUrl : '/admin'
}
