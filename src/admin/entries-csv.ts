import { type Request, type Response, Router } from 'express'
import { currencyCode } from '../money/money.ts'
import type { AdminDeps } from './deps.ts'
import { findPostings, type PostingFilters, type PostingPlace } from './find-postings.ts'
import { daysIn } from './ledger-filters.ts'
import { type CsvField, sendCsv } from './send-csv.ts'

const postingsAtOnce = 500

export function entriesCsvRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/ledger/entries.csv', (req, res) => sendEntries(deps, req, res))
  return router
}

const columns = 'posting,at,kind,order,account,currency,amount,stripe_id,payment_intent,posted_at'.split(',')

async function sendEntries(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const filters = daysIn(req, deps.installation.zone)
  await sendCsv(res, 'ledger-entries.csv', columns, rowsOf(deps, filters))
}

/** The oldest first. What is never changed needs no transaction to be read whole. */
async function* rowsOf({ db }: AdminDeps, filters: PostingFilters): AsyncGenerator<CsvField[]> {
  let after: PostingPlace | null = null
  do {
    const found = await findPostings(db, filters, { order: 'oldest', after, limit: postingsAtOnce })
    for (const posting of found)
      for (const { account, amount } of posting.entries)
        yield [
          String(posting.id),
          posting.at,
          posting.kind,
          posting.orderNumber,
          account,
          currencyCode(amount),
          amount,
          posting.stripeId,
          posting.paymentIntentId,
          posting.postedAt,
        ]
    after = found.length === postingsAtOnce ? (found.at(-1) ?? null) : null
  } while (after)
}
