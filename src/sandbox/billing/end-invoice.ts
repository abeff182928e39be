import type { Work } from '../objects/work.ts'
import type { Invoice } from './draft.ts'

/** Ends an invoice (taken) that will not be paid, and tells of it. */
export function endInvoice(work: Work, id: string, status: 'void' | 'uncollectible'): Invoice {
  const { status_transitions } = work.held('invoice', id)
  const at = status === 'void' ? { voided_at: work.now } : { marked_uncollectible_at: work.now }
  const ended = work.change('invoice', id, {
    auto_advance: false,
    next_payment_attempt: null,
    status,
    status_transitions: { ...status_transitions, ...at },
    ...(status === 'void' ? { amount_remaining: 0 } : {}),
  })
  work.tell(status === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible', ended)
  return ended
}
