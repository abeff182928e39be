import type { Weigh } from '../kind.ts'

/** What Stripe says leaves nothing to weigh. */
export const noDifference: Weigh = async () => null
