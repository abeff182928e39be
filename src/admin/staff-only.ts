import type { RequestHandler } from 'express'
import { NotFound } from '../errors.ts'
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
    const next_ = req.method === 'GET' ? req.originalUrl : '/admin'
    res.redirect(303, `/sign-in?${new URLSearchParams({ next: next_ })}`)
  }
}
