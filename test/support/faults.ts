import assert from 'node:assert/strict'
import type { Newsstand } from './newsstand.ts'

/** Switches faults of the sandbox on or off; `reset` switches all off first. */
export async function setFaults(
  { sandboxUrl }: Pick<Newsstand, 'sandboxUrl'>,
  fields: Record<string, string>,
): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/faults`, { method: 'POST', body: new URLSearchParams(fields) })
  assert.ok(answer.ok, `${answer.status}`)
}
