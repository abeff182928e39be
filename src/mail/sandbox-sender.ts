import type { Sender } from './mail.ts'

/** Puts mail into the sandbox's mailbox instead of sending it. `url` has no slash at its end. */
export function sandboxSender(url: string, from: string): Sender {
  return async ({ to, subject, text, html }) => {
    const response = await fetch(`${url}/mail`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ to, from, subject, text, html }),
      signal: AbortSignal.timeout(10_000),
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the sandbox's mailbox answered ${response.status}`)
  }
}
