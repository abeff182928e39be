import type { Request } from 'express'
import { PublicError } from '../errors.ts'
import { queryText } from '../http/forms.ts'
import { type Month, monthText, parseMonth } from '../ledger/month.ts'
import { accounts, type LedgerAccount } from '../ledger/posting.ts'
import type { PostingFilters } from './find-postings.ts'

/** Which postings an address asks for. */
export interface LedgerQuestion {
  /** null: of all time. */
  month: Month | null
  account: LedgerAccount | null
}

/** `?month=2026-11&account=sales`; without a month the present one, `all` for all time. Throws 400 for what is neither. */
export function ledgerQuestion(req: Request, present: Month): LedgerQuestion {
  const month = queryText(req, 'month')
  return { month: month === 'all' ? null : (monthIn(month) ?? present), account: accountIn(req) }
}

export function filtersOf({ month, account }: LedgerQuestion, zone: string): PostingFilters {
  const from = month === null ? null : `${monthText(month)}-01T00:00:00`
  const until = month === null ? null : `${monthText(month + 1)}-01T00:00:00`
  return { from, until, account, orderId: null, zone }
}

/** `?from=2026-11-01&until=2026-11-30`: whole days, both included; each may be absent. Throws 400 for what is no day. */
export function daysIn(req: Request, zone: string): PostingFilters {
  const from = dayIn(req, 'from')
  const until = dayIn(req, 'until')
  if (from && until && until < from) throw new PublicError(400, 'The last day is before the first.')
  const behind = until ? new Date(until.getTime() + 86_400_000) : null
  return { from: localText(from), until: localText(behind), account: accountIn(req), orderId: null, zone }
}

function monthIn(text: string): Month | null {
  if (text === '') return null
  const month = parseMonth(text)
  if (month === null) throw new PublicError(400, `“${text}” is no month: write it like 2026-11, or “all”.`)
  return month
}

function accountIn(req: Request): LedgerAccount | null {
  const text = queryText(req, 'account')
  if (text === '') return null
  const account = accounts.find((one) => one === text)
  if (!account)
    throw new PublicError(400, `There is no account “${text}”: take one of ${accounts.join(', ')}.`)
  return account
}

function dayIn(req: Request, name: string): Date | null {
  const text = queryText(req, name)
  if (text === '') return null
  const at = /^2\d{3}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null
  // 31 February would be a day in March.
  if (at && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)) return at
  throw new PublicError(400, `“${text}” is no day: write it like 2026-11-22.`)
}

/** A day as a local time, whatever its zone. */
function localText(day: Date | null): string | null {
  return day ? day.toISOString().slice(0, 19) : null
}
