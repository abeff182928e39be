import { createHmac } from 'node:crypto'

/** The secret that the sandbox signs its events with, for the address it was started with. */
export const webhookSecret = 'whsec_sandbox'

/** The `Stripe-Signature` header: scheme v1 over the time (real, in seconds) and the raw body. */
export function signatureOf(body: string, secret: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1000)
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${signature}`
}
