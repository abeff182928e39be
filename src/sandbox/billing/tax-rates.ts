import type Stripe from 'stripe'
import type { Wire } from '../objects/shapes.ts'

export type TaxRate = Wire<Stripe.TaxRate>

/** Standard rates in percent by country, for trying things out; where a country is missing, nothing is collected. */
const percentages: Record<string, number> = {
  AT: 20,
  AU: 10,
  BE: 21,
  CA: 5,
  CH: 8.1,
  DE: 19,
  DK: 25,
  ES: 21,
  FI: 25.5,
  FR: 20,
  GB: 20,
  IE: 23,
  IT: 22,
  JP: 10,
  NL: 21,
  NO: 25,
  NZ: 15,
  PL: 23,
  PT: 23,
  SE: 25,
}
export const taxedCountries = Object.keys(percentages)

/** The rate of a country for prices that include tax or do not; null: none is collected there. */
export function taxRateOf(country: string | null, inclusive: boolean): TaxRate | null {
  const percentage = percentages[country ?? '']
  if (!country || percentage === undefined) return null
  return {
    id: `txr_sandbox${country}${inclusive ? 'Inclusive' : 'Exclusive'}`,
    object: 'tax_rate',
    active: true,
    country,
    created: 0,
    description: null,
    display_name: country === 'AU' || country === 'CA' || country === 'NZ' ? 'GST' : 'VAT',
    effective_percentage: percentage,
    flat_amount: null,
    inclusive,
    jurisdiction: country,
    jurisdiction_level: 'country',
    livemode: false,
    metadata: {},
    percentage,
    rate_type: 'percentage',
    state: null,
    tax_type: country === 'AU' || country === 'CA' || country === 'NZ' ? 'gst' : 'vat',
  }
}
