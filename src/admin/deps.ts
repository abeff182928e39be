import type { Request } from 'express'
import type { CheckoutDeps } from '../checkout/deps.ts'
import type { Render } from '../http/render.ts'

export interface SignedInStaff {
  readerId: string
  email: string
  role: 'owner' | 'editor' | 'support'
}

export interface AdminDeps extends CheckoutDeps {
  render: Render
  /** staff: may be here · reader: signed in, but none of the staff · stranger: nobody is signed in. */
  visitorOf: (
    req: Request,
  ) => { kind: 'staff'; staff: SignedInStaff } | { kind: 'reader' } | { kind: 'stranger' }
  /** Applies an event again, now. */
  applyAgain: (eventId: string) => void
}
