/** What was done, and neither Stripe nor the app can be asked about afterwards. */
export interface Book {
  /** By subscription, the end of the period in which its collection was resumed, in seconds: until then time was given away. */
  givenUntil: Map<string, number>
  /** Orders (our ids) of which staff ended a pass. */
  endedPasses: Set<string>
}

export function openBook(): Book {
  return { givenUntil: new Map(), endedPasses: new Set() }
}
