import { digitsOf } from '../billing/amounts.ts'

/** What a unit is worth in dollars, roughly; a stand-in needs no better. */
const dollars: Record<string, number> = {
  aud: 0.66,
  brl: 0.18,
  cad: 0.73,
  chf: 1.13,
  czk: 0.043,
  dkk: 0.146,
  eur: 1.09,
  gbp: 1.28,
  huf: 0.0027,
  inr: 0.012,
  jpy: 0.0067,
  mxn: 0.055,
  nok: 0.094,
  nzd: 0.6,
  pln: 0.255,
  sek: 0.095,
  usd: 1,
}
export const exchangeable = Object.keys(dollars)

export interface Exchanged {
  /** Minor units of the other currency. */
  amount: number
  currency: string
  /** Units of the other currency for one of the first; null: it is the same currency, or one that nobody exchanges. */
  rate: number | null
}

/**
 * What an amount in minor units comes to in another currency at a time (seconds). Rates wander by up to 2% as the days
 * pass, so that a refund is rarely worth what its charge was.
 */
export function exchange(amount: number, from: string, to: string, at: number): Exchanged {
  const [worth, other] = [dollars[from], dollars[to]]
  if (from === to || worth === undefined || other === undefined) return { amount, currency: from, rate: null }
  const wander = 1 + 0.02 * Math.sin(Math.floor(at / 86_400) / 9)
  const rate = Number(((worth / other) * wander).toPrecision(6))
  return { amount: Math.round(amount * rate * 10 ** (digitsOf(to) - digitsOf(from))), currency: to, rate }
}
