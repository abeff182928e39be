import type Stripe from 'stripe'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import type { Grace } from '../entitlements/entitlement.ts'
import type { Calendar } from '../http/moment.ts'
import type { Render } from '../http/render.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { Accounts } from '../readers/accounts.ts'

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

export interface CheckoutRoutesDeps extends CheckoutDeps {
  render: Render
  accounts: Accounts
  secureCookies: boolean
}
