import type { StaffRole } from '../db/tables/readers.ts'

export type { StaffRole }

/** Who is behind a request. */
export interface Session {
  sessionId: string
  readerId: string
  email: string
  /** Whether a mailed code opened it. If not, it may read and may correct a mistyped address, nothing else. */
  proved: boolean
  /** null for readers, and for staff whose session is not proved. */
  staffRole: StaffRole | null
}

/** How long a session lives without being used. */
export const sessionSeconds = 30 * 86_400
/** A session in use is lengthened once in this time. */
export const sessionRefreshSeconds = 86_400
/** How long a mailed code can be used. */
export const codeMinutes = 10
/** Wrong tries that a code survives. */
export const codeTries = 5
