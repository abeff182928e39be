import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { reinstate } from './open-dispute.ts'

/** Ends a dispute (taken), and tells of it: one that was won brings its money back, an inquiry is only closed. */
export async function closeDispute(
  work: Work,
  id: string,
  verdict: 'won' | 'lost',
): Promise<Shapes['dispute']> {
  const before = work.held('dispute', id)
  const inquiry = before.status.startsWith('warning')
  const status = inquiry ? 'warning_closed' : verdict
  const closed = work.change('dispute', id, { status })
  work.tell('charge.dispute.closed', closed)
  if (inquiry || verdict === 'lost') return closed
  // The charge stays marked as disputed, as the API leaves it.
  return reinstate(work, id)
}
