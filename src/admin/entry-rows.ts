import { accountTexts, postingKindTexts } from '../ledger/posting.ts'
import { formatMoney } from '../money/format-money.ts'
import { currencyCode } from '../money/money.ts'
import type { AdminDeps } from './deps.ts'
import type { FoundPosting } from './find-postings.ts'

/** The lines of a posting as tables of entries show them. */
export function entryRows({ calendar, installation }: AdminDeps, posting: FoundPosting) {
  return posting.entries.map(({ account, amount }) => ({
    at: calendar.time(posting.at),
    kind: postingKindTexts[posting.kind],
    order: posting.orderNumber,
    account: accountTexts[account],
    amount: formatMoney(amount, installation.locale),
    currency: currencyCode(amount),
    stripeId: posting.stripeId,
  }))
}
