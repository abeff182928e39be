import { handlers } from '../webhooks/events/table.ts'
import type { ReconcileDeps } from './deps.ts'
import { CannotMend } from './kind.ts'

/**
 * Does what the event of this type about this object would do if Stripe told of it again: we are brought to what Stripe
 * says now. Throws CannotMend with the reason where it would be ignored.
 */
export async function tellAgain(
  deps: ReconcileDeps,
  type: string,
  objectId: string,
  refersTo: Record<string, string> = {},
): Promise<void> {
  const handler = handlers[type]
  if (!handler) throw new Error(`no event of the type ${type} is handled`)
  const event = { id: 'told again', type, createdAt: deps.clock(), objectId, refersTo }
  const effect = await handler(deps, event)
  if ('ignored' in effect) throw new CannotMend(`${effect.ignored}.`)
}
