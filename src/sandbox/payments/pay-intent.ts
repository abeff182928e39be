import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import type { ErrorBody } from '../wire/api-error.ts'
import { addCharge } from './add-charge.ts'
import { authenticationRequired, bankRefusal } from './bank-refusal.ts'
import { debitAccount, debitTypeOfMethod } from './debit-account.ts'
import { isExpired } from './expiry.ts'
import { openDisputeOf } from './open-dispute.ts'
import { type Decline, findTestCard, type TestCard } from './test-cards.ts'

export type Payment =
  | { outcome: 'succeeded'; intent: Shapes['payment_intent']; charge: Shapes['charge'] }
  | { outcome: 'requires_action'; intent: Shapes['payment_intent'] }
  | { outcome: 'processing'; intent: Shapes['payment_intent'] }
  | { outcome: 'declined'; intent: Shapes['payment_intent']; error: ErrorBody }

export interface Circumstances {
  /** Nobody is there to be asked: a renewal. */
  offSession: boolean
  /** The bank's page was just answered with yes. */
  authenticated: boolean
  /** The card is only stored, no money moves. */
  storing?: boolean
  /** A person's wish that this charge fail whatever the card; null: none. */
  forced?: Decline | null
}

const expired: Decline = { code: 'expired_card', decline: 'expired_card', message: 'Your card has expired.' }

/**
 * Tries to pay an intent (which was taken) with a payment method: the card's number decides. A bank account is debited,
 * which takes days. Tells of the charge and the intent; the rest of the story is the caller's.
 */
export async function payIntent(
  work: Work,
  intentId: string,
  method: Stored<'payment_method'>,
  circumstances: Circumstances,
): Promise<Payment> {
  const debited = debitTypeOfMethod(method.data)
  if (debited) {
    const forced = Boolean(circumstances.forced)
    return { outcome: 'processing', intent: await debitAccount(work, intentId, method, debited, forced) }
  }
  const card = findTestCard(method.hidden.number)
  if (!card) throw new Error(`payment method ${method.data.id} has a number that is no test card's`)
  const decline = declineOf(work, method, card, circumstances)
  if (decline) return declinePayment(work, intentId, method, card, decline)
  if (mustAuthenticate(method, card, circumstances)) return askToAuthenticate(work, intentId, method)
  return succeed(work, intentId, method, card, circumstances)
}

/** How a payment would go, without trying it; a bank's refusal as it would be worded. A debit goes well at first. */
export function foresee(
  work: Work,
  method: Stored<'payment_method'>,
  circumstances: Circumstances,
): 'succeeds' | 'asks' | Decline {
  if (debitTypeOfMethod(method.data)) return 'succeeds'
  const card = findTestCard(method.hidden.number)
  if (!card) throw new Error(`payment method ${method.data.id} has a number that is no test card's`)
  const decline = declineOf(work, method, card, circumstances)
  if (decline) return decline
  return mustAuthenticate(method, card, circumstances) ? 'asks' : 'succeeds'
}

function declineOf(
  work: Work,
  method: Stored<'payment_method'>,
  card: TestCard,
  circumstances: Circumstances,
): Decline | null {
  if (circumstances.forced) return circumstances.forced
  if (isExpired(method.data, work.now)) return expired
  if (mustAuthenticate(method, card, circumstances))
    return circumstances.offSession ? authenticationRequired : null
  return circumstances.storing ? card.store : card.charge
}

function mustAuthenticate(
  method: Stored<'payment_method'>,
  card: TestCard,
  circumstances: Circumstances,
): boolean {
  if (circumstances.authenticated) return false
  if (card.authentication === 'always') return true
  if (card.authentication === 'unless_set_up')
    return !(circumstances.offSession && method.data.customer !== null)
  return card.authentication === 'on_session' && !circumstances.offSession
}

function askToAuthenticate(work: Work, intentId: string, method: Stored<'payment_method'>): Payment {
  const intent = work.change('payment_intent', intentId, {
    status: 'requires_action',
    payment_method: method.data.id,
    last_payment_error: null,
    next_action: {
      type: 'redirect_to_url',
      redirect_to_url: { return_url: null, url: `${work.url}/authenticate/${intentId}` },
    },
  })
  work.tell('payment_intent.requires_action', intent)
  return { outcome: 'requires_action', intent }
}

function declinePayment(
  work: Work,
  intentId: string,
  method: Stored<'payment_method'>,
  card: TestCard,
  decline: Decline,
): Payment {
  const charge = addCharge(work, intentId, method, { card, decline, authenticated: false })
  work.tell('charge.failed', charge)
  return failIntent(
    work,
    intentId,
    method.data,
    {
      ...bankRefusal(decline),
      charge: charge.id,
      payment_method: method.data,
    },
    charge.id,
  )
}

/** Puts an intent back to waiting for a payment method, with why, and tells of it. */
export function failIntent(
  work: Work,
  intentId: string,
  method: Shapes['payment_method'],
  error: ErrorBody,
  charge?: string,
): Payment {
  const { payment_method: _, ...rest } = error
  const intent = work.change('payment_intent', intentId, {
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    ...(charge ? { latest_charge: charge } : {}),
    last_payment_error: { ...rest, payment_method: method } as NonNullable<
      Shapes['payment_intent']['last_payment_error']
    >,
  })
  work.tell('payment_intent.payment_failed', intent)
  return { outcome: 'declined', intent, error }
}

async function succeed(
  work: Work,
  intentId: string,
  method: Stored<'payment_method'>,
  card: TestCard,
  circumstances: Circumstances,
): Promise<Payment> {
  const { authenticated } = circumstances
  const charge = addCharge(work, intentId, method, { card, decline: null, authenticated })
  work.tell('charge.succeeded', charge)
  const intent = work.change('payment_intent', intentId, {
    status: 'succeeded',
    payment_method: method.data.id,
    amount_received: charge.amount,
    latest_charge: charge.id,
    last_payment_error: null,
    next_action: null,
  })
  work.tell('payment_intent.succeeded', intent)
  if (card.dispute) openDisputeOf(work, charge.id, card.dispute)
  return { outcome: 'succeeded', intent, charge }
}
