/** none: an inquiry, or prevented: no money moved · open: it waits for the bank · won, lost: the bank has decided. */
export type DisputeEffect = 'none' | 'open' | 'won' | 'lost'

/**
 * What a dispute's status at Stripe means for its order: needs_response, under_review, the two of an appeal, won, lost,
 * prevented and three warnings (the API's Dispute.status, read 2026-11-22). One that Stripe adds one day waits.
 */
export function effectOf(status: string): DisputeEffect {
  if (status.startsWith('warning') || status === 'prevented') return 'none'
  return status === 'won' || status === 'lost' ? status : 'open'
}
