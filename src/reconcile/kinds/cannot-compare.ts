import { inTransaction } from '../../db/database.ts'
import { closeDrift, type Drift, type DriftKind, driftKinds, recordDrift } from '../../orders/drift.ts'
import type { ReconcileDeps } from '../deps.ts'
import { CannotMend, type Kind } from '../kind.ts'
import type { Suspect } from '../store.ts'
import { orUnread, Unread } from '../unread.ts'
import { noDifference } from './no-difference.ts'

/**
 * A suspect that could not be read and was set aside, so that the comparison could go on: Stripe says something that this
 * version does not know, or refuses. `kindOf` is the table's; its subject is made of the suspect's kind and subject.
 */
export function cannotCompare(kindOf: (kind: DriftKind) => Kind): Kind {
  return {
    title: 'What cannot be compared',
    look: async (deps, subject) => {
      const suspect = suspectOf(subject)
      if (!suspect) return noDifference
      const { look, title } = kindOf(suspect.kind)
      const read = await orUnread(async () => inTransaction(deps.db, await look(deps, suspect.subject)))
      return read instanceof Unread ? async () => setAside(suspect, title, read) : noDifference
    },
    fixes: [
      { name: 'look', label: 'Look again', apply: (deps, task) => lookAgain(deps, kindOf, task.subject) },
    ],
  }
}

/** The difference that stands for a suspect which cannot be read; `title` is its kind's. */
export function setAside({ kind, subject }: Suspect, title: string, { why }: Unread): Drift {
  return {
    kind: 'cannot_compare',
    subject: `${kind} ${subject}`,
    orderId: null,
    stripeSays: `What Stripe says of ${subject} could not be read: ${why}`,
    weSay: `It was to be looked at for: ${title}`,
    fix: 'Look at it in Stripe. Where Stripe says what Newsstand does not know yet, a newer version may; then look again.',
  }
}

/** null: it was not written by us. */
function suspectOf(subject: string): Suspect | null {
  const [name, ...rest] = subject.split(' ')
  const kind = driftKinds.find((one) => one === name)
  return kind && kind !== 'cannot_compare' ? { kind, subject: rest.join(' ') } : null
}

/** What was set aside is a difference of its own kind, or none. */
async function lookAgain(
  deps: ReconcileDeps,
  kindOf: (kind: DriftKind) => Kind,
  subject: string,
): Promise<void> {
  const suspect = suspectOf(subject)
  if (!suspect) return
  const read = await orUnread(async () => {
    const weigh = await kindOf(suspect.kind).look(deps, suspect.subject)
    await inTransaction(deps.db, async (tx) => {
      const difference = await weigh(tx)
      if (difference) await recordDrift(tx, { ...suspect, ...difference }, deps.clock())
      else await closeDrift(tx, suspect, deps.clock())
    })
  })
  if (read instanceof Unread) throw new CannotMend(`It still cannot be read: ${read.why}.`)
}
