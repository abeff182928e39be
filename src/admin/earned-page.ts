import { type Request, type Response, Router } from 'express'
import { type EarnedRow, openEarnedTable } from '../ledger/earned-table.ts'
import { monthOf, monthText } from '../ledger/month.ts'
import { formatMoney } from '../money/format-money.ts'
import type { AdminDeps } from './deps.ts'
import { listSales } from './find-sales.ts'
import { type CsvField, sendCsv } from './send-csv.ts'

export function earnedRoutes(deps: AdminDeps): Router {
  const router = Router()
  router.get('/ledger/earned', (req, res) => showEarned(deps, req, res))
  router.get('/ledger/earned.csv', (_req, res) => sendEarned(deps, res))
  return router
}

async function showEarned(deps: AdminDeps, req: Request, res: Response): Promise<void> {
  const { zone, locale } = deps.installation
  const present = monthOf(deps.clock(), zone)
  const row = ({ month, sold, earned, deferred }: EarnedRow) => ({
    month: monthText(month),
    toCome: month > present,
    isPresent: month === present,
    sold: formatMoney(sold, locale),
    earned: formatMoney(earned, locale),
    deferred: formatMoney(deferred, locale),
  })
  const tables = (await readTables(deps)).map(({ currency, rows }) => ({ currency, rows: rows.map(row) }))
  await deps.render(req, res, {
    view: 'admin/earned',
    title: 'Earned by month',
    layout: 'staff',
    noindex: true,
    secret: true,
    model: { tables },
  })
}

async function sendEarned(deps: AdminDeps, res: Response): Promise<void> {
  const columns = ['month', 'currency', 'sold', 'earned', 'deferred_at_end']
  await sendCsv(res, 'ledger-earned.csv', columns, rowsOf(await readTables(deps)))
}

async function* rowsOf(tables: Awaited<ReturnType<typeof readTables>>): AsyncGenerator<CsvField[]> {
  for (const { currency, rows } of tables)
    for (const { month, sold, earned, deferred } of rows)
      yield [monthText(month), currency, sold, earned, deferred]
}

async function readTables({ db, installation }: AdminDeps) {
  const table = openEarnedTable(installation.zone)
  for await (const sales of listSales(db)) table.count(sales)
  return table.tables()
}
