import type { RequestHandler } from 'express'
import { Forbidden } from '../errors.ts'
import type { AdminDeps } from './deps.ts'

/** Behind `staffOnly`: what concerns the whole business is for its owner. */
export function ownerOnly({ visitorOf }: Pick<AdminDeps, 'visitorOf'>): RequestHandler {
  return (req, _res, next) => {
    const visitor = visitorOf(req)
    if (visitor.kind === 'staff' && visitor.staff.role === 'owner') return next()
    throw new Forbidden('This page is for the owner of the publication.')
  }
}
