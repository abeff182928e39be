import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { adviceOn } from './bank-refusal.ts'
import { chargeOf } from './charge-fields.ts'
import { postAfterwards } from './post-charge.ts'
import type { Decline, TestCard } from './test-cards.ts'

type Charge = Shapes['charge']
interface Verdict {
  card: TestCard
  decline: Decline | null
  authenticated: boolean
}

/**
 * Adds the charge that an intent's attempt came to and resolves to it as the API first shows it: a charge that went
 * through gets its balance transaction a moment later, told by `charge.updated`.
 */
export function addCharge(
  work: Work,
  intentId: string,
  method: Stored<'payment_method'>,
  verdict: Verdict,
): Charge {
  const intent = work.held('payment_intent', intentId)
  const charge = chargeOf(work, intent, method.data, {
    status: verdict.decline ? 'failed' : 'succeeded',
    failure: verdict.decline,
    outcome: outcomeOf(verdict),
    details: { type: 'card', card: cardOf(method.data, verdict, intent.amount) },
  })
  work.put('charge', charge, {})
  if (!verdict.decline) postAfterwards(work, charge.id, verdict.card.number === '4000000000000077')
  return charge
}

function outcomeOf({ card, decline }: Verdict): Charge['outcome'] {
  const risk = { normal: 12, elevated: 68, highest: 97 }[card.risk]
  if (!decline) {
    return {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: 'approved_by_network',
      reason: null,
      risk_level: card.risk,
      risk_score: risk,
      seller_message: 'Payment complete.',
      type: 'authorized',
    }
  }
  const blocked = card.risk === 'highest'
  return {
    advice_code: adviceOn(decline),
    network_advice_code: null,
    network_decline_code: null,
    network_status: blocked ? 'not_sent_to_network' : 'declined_by_network',
    reason: blocked ? 'highest_risk_level' : decline.decline,
    risk_level: card.risk,
    risk_score: risk,
    seller_message: blocked
      ? 'Stripe blocked this payment as too risky.'
      : 'The bank did not return any further details with this decline.',
    type: blocked ? 'blocked' : 'issuer_declined',
  }
}

type CardOfCharge = NonNullable<NonNullable<Charge['payment_method_details']>['card']>

function cardOf(method: Shapes['payment_method'], verdict: Verdict, amount: number): CardOfCharge {
  const { card } = method
  if (!card) throw new Error(`payment method ${method.id} is no card`)
  return {
    amount_authorized: verdict.decline ? null : amount,
    authorization_code: verdict.decline ? null : '123456',
    brand: card.brand,
    checks: card.checks,
    country: card.country,
    electronic_commerce_indicator: verdict.authenticated ? '05' : null,
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    fingerprint: card.fingerprint ?? null,
    funding: card.funding,
    installments: null,
    last4: card.last4,
    mandate: null,
    network: card.brand,
    network_token: { used: false },
    network_transaction_id: null,
    regulated_status: card.regulated_status,
    three_d_secure: verdict.authenticated ? authentication : null,
    transaction_link_id: null,
    wallet: null,
  }
}

const authentication: NonNullable<CardOfCharge['three_d_secure']> = {
  authentication_flow: 'challenge',
  electronic_commerce_indicator: '05',
  exemption_indicator: null,
  result: 'authenticated',
  result_reason: null,
  transaction_id: null,
  version: '2.2.0',
}
