import type { Request, Response } from 'express'
import type Stripe from 'stripe'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import type { Grace } from '../entitlements/entitlement.ts'
import type { Calendar } from '../http/moment.ts'
import type { Render } from '../http/render.ts'
import type { Outbox } from '../mail/outbox.ts'

/** What the checkout works with. */
export interface CheckoutDeps {
  db: Database
  stripe: Stripe
  clock: Clock
  installation: Installation
  calendar: Calendar
  publicUrl: string
  grace: Grace
  outbox: Outbox
  log: { info: (fields: object, text: string) => void; warn: (fields: object, text: string) => void }
}

/** What the checkout asks of accounts and sign-in. */
export interface Accounts {
  /** Who is signed in; `proved`: by a mailed code, and not merely by having paid. null: nobody. */
  readerOf: (req: Request) => { readerId: string; email: string; proved: boolean } | null
  /** Whether paying with this address needs a mailed code first. */
  hasAccount: (email: string) => Promise<boolean>
  /** Mails a code and sends the browser to where it is entered; it comes back to `next`. */
  askForCode: (req: Request, res: Response, email: string, next: string) => Promise<void>
  /** Signs the browser that just paid in as this reader, to read and nothing else. */
  signInUnproved: (req: Request, res: Response, readerId: string) => Promise<void>
  /** Seconds to wait when this network asks for too many checkouts; null: go on. */
  limitCheckout: (req: Request) => Promise<number | null>
}

export interface CheckoutRoutesDeps extends CheckoutDeps {
  render: Render
  accounts: Accounts
  secureCookies: boolean
}
