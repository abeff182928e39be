import type { Request } from 'express'
import type { AdminDeps, SignedInStaff } from './deps.ts'
import { staffWith } from './staff-role.ts'

/** Setting money right is for the owner and for support, not for editors. */
const menders: readonly SignedInStaff['role'][] = ['owner', 'support']

export function mayMend({ visitorOf }: Pick<AdminDeps, 'visitorOf'>, req: Request): boolean {
  const visitor = visitorOf(req)
  return visitor.kind === 'staff' && menders.includes(visitor.staff.role)
}

/** Who asks, where they may. Throws Forbidden. */
export function requireMender(deps: Pick<AdminDeps, 'visitorOf'>, req: Request): SignedInStaff {
  return staffWith(deps, req, menders)
}
