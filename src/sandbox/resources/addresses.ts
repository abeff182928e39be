import { object, required, text, type Values } from '../wire/parameters.ts'

const addressFields = {
  city: text(),
  country: text(),
  line1: text(),
  line2: text(),
  postal_code: text(),
  state: text(),
}
export const address = () => object(addressFields)
export const shipping = () => object({ address: required(address()), name: required(text()), phone: text() })

export interface Address {
  city: string | null
  country: string | null
  line1: string | null
  line2: string | null
  postal_code: string | null
  state: string | null
}

/** An address with what was not given as null. */
export function toAddress(given: Partial<Values<typeof addressFields>>): Address {
  return {
    city: given.city ?? null,
    country: given.country ?? null,
    line1: given.line1 ?? null,
    line2: given.line2 ?? null,
    postal_code: given.postal_code ?? null,
    state: given.state ?? null,
  }
}
