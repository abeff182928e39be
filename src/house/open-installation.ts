import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import Stripe from 'stripe'
import { type Database, inTransaction, type Transaction } from '../db/database.ts'
import {
  createInstallation,
  findInstallation,
  type Installation,
  updateInstallation,
} from '../db/installation.ts'
import { CannotStart } from '../errors.ts'
import { currencyOf } from '../money/currency.ts'
import { readSeed, type Seed } from '../seed/read-seed.ts'
import { sow } from '../seed/sow.ts'
import type { Settings } from '../settings.ts'

/** Any number; it only has to be the same in every process. */
const lockNumber = 7_310_001
/** Of each of two attempts. */
const patienceMs = 3_000

/**
 * Whose database this is. At the first start it is made and filled; later it must be of the same world: the sandbox's,
 * test's or live's, with the same Stripe account. Throws CannotStart where it is not.
 */
export async function openInstallation(
  db: Database,
  settings: Settings,
  stripe: Stripe,
  now: Date,
): Promise<Installation> {
  const accountId = await accountOf(stripe)
  const known = await findInstallation(db)
  const installation = known ?? (await firstStart(db, settings, accountId, now))
  refuseOtherWorld(installation, settings, accountId)
  return keepUp(db, installation, settings, accountId)
}

/** null: Stripe does not answer soon, and readers do not wait for it; the account is compared at the next start. */
async function accountOf(stripe: Stripe): Promise<string | null> {
  try {
    return (await stripe.accounts.retrieveCurrent({}, { timeout: patienceMs, maxNetworkRetries: 1 })).id
  } catch (error) {
    if (error instanceof Stripe.errors.StripeAuthenticationError) {
      throw new CannotStart(
        'STRIPE_SECRET_KEY was refused: copy it anew from the Stripe dashboard, under Developers, API keys.',
      )
    }
    if (error instanceof Stripe.errors.StripeError) return null
    throw error
  }
}

/** Two processes may start at once on an empty database: one fills it, the other waits and finds it filled. */
async function firstStart(
  db: Database,
  settings: Settings,
  accountId: string | null,
  now: Date,
): Promise<Installation> {
  const seed = settings.seed === 'none' ? null : await readSeed(settings.seed)
  return inTransaction(db, async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${lockNumber})`.execute(tx)
    const known = await findInstallation(tx)
    if (known) return known
    const installation = draft(settings, seed, accountId, now)
    await createInstallation(tx, installation)
    await fill(tx, seed, installation, now)
    return installation
  })
}

async function fill(
  tx: Transaction,
  seed: Seed | null,
  installation: Installation,
  now: Date,
): Promise<void> {
  if (seed) await sow(tx, seed, installation.currency, now)
}

function draft(settings: Settings, seed: Seed | null, accountId: string | null, now: Date): Installation {
  const { name, tagline, locale, zone, currency } = settings.publication
  return {
    id: randomUUID(),
    mode: settings.mode,
    stripe_account_id: accountId,
    publication_name: name ?? seed?.publication.name ?? 'Newsstand',
    tagline: tagline ?? seed?.publication.tagline ?? '',
    locale: locale ?? seed?.publication.locale ?? 'en-US',
    zone: zone ?? seed?.publication.zone ?? 'UTC',
    currency: currencyOf(currency ?? seed?.publication.currency ?? 'USD').code,
    created_at: now,
    seeded_at: seed ? now : null,
  }
}

function refuseOtherWorld(installation: Installation, settings: Settings, accountId: string | null): void {
  if (installation.mode !== settings.mode) {
    throw new CannotStart(
      `This database belongs to ${nameOf(installation.mode)}, but the settings are for ${nameOf(settings.mode)}: give each its own DATABASE_URL or DATA_DIR.`,
    )
  }
  const other = accountId && installation.stripe_account_id && installation.stripe_account_id !== accountId
  if (other) {
    throw new CannotStart(
      `This database belongs to the Stripe account ${installation.stripe_account_id}, but the keys are of ${accountId}: use that account's keys or another database.`,
    )
  }
}

function nameOf(mode: Settings['mode']): string {
  return { sandbox: 'the sandbox', test: "Stripe's test mode", live: "Stripe's live mode" }[mode]
}

/** What the settings say of the publication wins over what is stored; its currency is fixed by the first start. */
async function keepUp(
  db: Database,
  installation: Installation,
  settings: Settings,
  accountId: string | null,
): Promise<Installation> {
  const { name, tagline, locale, zone } = settings.publication
  const present = {
    stripe_account_id: installation.stripe_account_id ?? accountId,
    publication_name: name ?? installation.publication_name,
    tagline: tagline ?? installation.tagline,
    locale: locale ?? installation.locale,
    zone: zone ?? installation.zone,
  }
  await updateInstallation(db, present)
  return { ...installation, ...present }
}
