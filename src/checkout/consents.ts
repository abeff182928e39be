import type { PricedCart } from '../cart/price-cart.ts'
import { formatMoney } from '../money/format-money.ts'
import { perText } from '../plans/plan.ts'

/** Something that a reader must agree to before paying, word for word as it is shown and kept. */
export interface Consent {
  name: string
  text: string
}

/**
 * What an order of this cart needs consent to. A subscription: express consent to its renewal, its amount and how to
 * end it, next to the box (California AB 2863 and the FTC's ROSCA; consumerfinsights.com, ktslaw.com, read 2026-11-22).
 */
export function consentsFor(cart: PricedCart, locale: string): Consent[] {
  return cart.lines
    .filter((line) => line.plan.kind === 'subscription')
    .map((line) => ({
      name: 'consent_renewal',
      text: `I agree that ${line.plan.name} renews by itself for ${formatMoney(line.price.amount, locale)} ${perText(line.price.interval)} (before tax and promotions) until I cancel it, which I can do at any time in my account, and that my card is charged at each renewal.`,
    }))
}
