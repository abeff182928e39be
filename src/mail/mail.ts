/** A rendered mail: both bodies say the same. */
export interface Letter {
  subject: string
  text: string
  html: string
}

/** What a sender gets. `id` stays the same however often the mail is tried. */
export interface OutgoingMail extends Letter {
  id: string
  to: string
}

/**
 * Hands a mail to whoever carries it. Resolves when it was taken; throws Refused when it never will be, and any other
 * error when a later try may succeed.
 */
export type Sender = (mail: OutgoingMail) => Promise<void>

/** The carrier will never take this mail: the address does not exist, or the mail itself is turned down. */
export class Refused extends Error {
  override name = 'Refused'
}

/** A mail for the outbox. */
export interface NewMail extends Letter {
  to: string
  /** The name of its template, for staff. */
  kind: string
  /** By the publication's time. */
  at: Date
  readerId?: string
  orderId?: string
  /** Holds a code: the bodies are erased as soon as the mail has left or cannot leave any more. */
  secret?: boolean
  /** Real time after which it is not worth sending. */
  uselessAfter?: Date
  /** The caller delivers it right after its commit; the job then waits a little and only makes up for a failure. */
  delivering?: boolean
}
