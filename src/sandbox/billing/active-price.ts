import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { referred } from '../resources/find.ts'
import { invalid } from '../wire/api-error.ts'

/**
 * A price that may be sold: neither it nor its product is archived. Throws the API's 400 otherwise. The words about the
 * product are those of Checkout's lines; that subscriptions and invoice items use the same ones is our judgement.
 */
export async function activePrice(work: Work, id: string, at: string): Promise<Shapes['price']> {
  const { data } = await referred(work, 'price', id, at)
  if (!data.active) {
    throw invalid('The price specified is inactive. This field only accepts active prices.', at)
  }
  const product = await referred(work, 'product', data.product, at)
  if (!product.data.active) {
    const message = `Price \`${id}\` is not available to be purchased because its product is not active.`
    throw invalid(message, at)
  }
  return data
}
