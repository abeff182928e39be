import type { ArticleTables } from './tables/articles.ts'
import type { CartTables } from './tables/carts.ts'
import type { EventTables } from './tables/events.ts'
import type { InstallationTables } from './tables/installation.ts'
import type { LedgerTables } from './tables/ledger.ts'
import type { MailTables } from './tables/mails.ts'
import type { OrderTables } from './tables/orders.ts'
import type { PlanTables } from './tables/plans.ts'
import type { ReaderTables } from './tables/readers.ts'
import type { SubscriptionTables } from './tables/subscriptions.ts'

/** Every table of the house and its columns, as the migrations make them. The sandbox has its own. */
export interface Tables
  extends ArticleTables,
    CartTables,
    EventTables,
    InstallationTables,
    LedgerTables,
    MailTables,
    OrderTables,
    PlanTables,
    ReaderTables,
    SubscriptionTables {}
