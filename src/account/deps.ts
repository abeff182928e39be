import type { Request } from 'express'
import type { FollowDeps } from '../entitlements/follow-subscription.ts'
import type { Calendar } from '../http/moment.ts'
import type { Render } from '../http/render.ts'

/** Who is signed in. `proved`: by a mailed code, and not merely by having paid. */
export interface SignedInReader {
  readerId: string
  email: string
  proved: boolean
}

export interface AccountRoutesDeps extends FollowDeps {
  calendar: Calendar
  publicUrl: string
  render: Render
  /** null: nobody. */
  readerOf: (req: Request) => SignedInReader | null
  /** Gives an unproved reader another address; a text says why not, null that it worked. */
  correctEmail: (reader: SignedInReader, email: string) => Promise<string | null>
}
