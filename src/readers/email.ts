import { z } from 'zod'

/** The longest address that mail can carry: RFC 5321, 4.5.3.1 (read 2026-11-22). */
const address = z.email().max(254)

/** An address as the house keeps it, trimmed and in lower case; null when no mail could reach it. */
export function parseEmail(text: unknown): string | null {
  if (typeof text !== 'string') return null
  const parsed = address.safeParse(text.trim().toLowerCase())
  return parsed.success && parsed.data.indexOf('@') <= 64 ? parsed.data : null
}
