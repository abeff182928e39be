import type { Shapes } from '../objects/shapes.ts'

/** Whether a card's last month is over at `now` (seconds). */
export function isExpired(method: Shapes['payment_method'], now: number): boolean {
  if (!method.card) return false
  return now * 1000 >= Date.UTC(method.card.exp_year, method.card.exp_month, 1)
}
