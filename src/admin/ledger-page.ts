import { type Request, type Response, Router } from 'express'
import { queryText } from '../http/forms.ts'
import { monthOf, monthText } from '../ledger/month.ts'
import { accounts, accountTexts } from '../ledger/posting.ts'
import { formatMoney } from '../money/format-money.ts'
import { currencyCode } from '../money/money.ts'
import type { AdminDeps } from './deps.ts'
import { earnedRoutes } from './earned-page.ts'
import { entriesCsvRoutes } from './entries-csv.ts'
import { entryRows } from './entry-rows.ts'
import { type AccountTotal, findPostings, type PostingPlace, sumAccounts } from './find-postings.ts'
import { filtersOf, type LedgerQuestion, ledgerQuestion } from './ledger-filters.ts'
import { ownerOnly } from './owner-only.ts'

const onPage = 40

export function ledgerRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.use('/ledger', ownerOnly(deps))
  router.get('/ledger', (req, res) => showLedger(deps, req, res))
  router.use(entriesCsvRoutes(deps))
  router.use(earnedRoutes(deps))
  return router
}

async function showLedger(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const { zone } = deps.installation
  const present = monthOf(deps.clock(), zone)
  const question = ledgerQuestion(req, present)
  const filters = filtersOf(question, zone)
  const after = parsePlace(queryText(req, 'after'))
  const [found, totals] = await Promise.all([
    findPostings(deps.db, filters, { order: 'newest', after, limit: onPage + 1 }),
    sumAccounts(deps.db, filters),
  ])
  const shown = found.slice(0, onPage)
  const last = found.length > onPage ? shown.at(-1) : undefined
  await deps.render(req, res, {
    view: 'admin/ledger',
    title: 'Ledger',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: {
      filters: { month: textOf(question), account: question.account ?? '' },
      accounts: accounts.map((account) => ({ account, text: accountTexts[account] })),
      totals: totals.map((total) => totalRow(deps, total)),
      rows: shown.flatMap((posting) => entryRows(deps, posting)),
      csvUrl: csvAddress(filters),
      older: last ? addressOf(question, last) : null,
      newest: after ? addressOf(question, null) : null,
    },
  })
}

function totalRow({ installation }: AdminDeps, { account, moved, held }: AccountTotal) {
  return {
    account: accountTexts[account],
    currency: currencyCode(held),
    moved: formatMoney(moved, installation.locale),
    held: formatMoney(held, installation.locale),
  }
}

function csvAddress({ from, until, account }: ReturnType<typeof filtersOf>): string {
  const days = {
    from: from?.slice(0, 10) ?? '',
    until: until ? dayBefore(until) : '',
    account: account ?? '',
  }
  const parts = Object.entries(days).filter(([, value]) => value !== '')
  return `/admin/ledger/entries.csv?${new URLSearchParams(parts)}`
}

function dayBefore(local: string): string {
  return new Date(new Date(`${local}Z`).getTime() - 86_400_000).toISOString().slice(0, 10)
}

function addressOf(question: LedgerQuestion, last: PostingPlace | null): string {
  const after = last ? `${last.at.getTime()}_${last.id}` : ''
  const parts = Object.entries({ month: textOf(question), account: question.account ?? '', after })
  return `/admin/ledger?${new URLSearchParams(parts.filter(([, value]) => value !== ''))}`
}

function textOf({ month }: LedgerQuestion): string {
  return month === null ? 'all' : monthText(month)
}

/** null: the text is none of ours, and the list begins at the top. */
function parsePlace(text: string): PostingPlace | null {
  const match = /^(\d{1,14})_(\d{1,15})$/.exec(text)
  return match ? { at: new Date(Number(match[1])), id: Number(match[2]) } : null
}
