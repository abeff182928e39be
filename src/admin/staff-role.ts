import type { Request } from 'express'
import { Forbidden } from '../errors.ts'
import type { AdminDeps, SignedInStaff } from './deps.ts'

/** The member of staff, if theirs is one of these roles. Throws Forbidden otherwise. */
export function staffWith(
  { visitorOf }: Pick<AdminDeps, 'visitorOf'>,
  req: Request,
  roles: readonly SignedInStaff['role'][],
): SignedInStaff {
  const visitor = visitorOf(req)
  if (visitor.kind === 'staff' && roles.includes(visitor.staff.role)) return visitor.staff
  throw new Forbidden(`Only ${roles.join(' and ')} may do this.`)
}
