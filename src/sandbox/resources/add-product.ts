import { given } from '../objects/given.ts'
import { newId } from '../objects/ids.ts'
import { mergeMetadata, newMetadata } from '../objects/metadata.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Work } from '../objects/work.ts'
import { invalid } from '../wire/api-error.ts'
import {
  boolean,
  clearable,
  list,
  metadata,
  object,
  required,
  text,
  type Values,
} from '../wire/parameters.ts'

/** The parameters of a product, new or changed. */
export const productFields = {
  active: boolean(),
  description: clearable(text(40_000)),
  images: clearable(list(text())),
  marketing_features: clearable(list(object({ name: required(text()) }))),
  metadata: metadata(),
  shippable: boolean(),
  statement_descriptor: clearable(text(22)),
  tax_code: clearable(text()),
  unit_label: clearable(text(12)),
  url: clearable(text()),
}
export type ProductParams = Partial<Values<typeof productFields>>

/** Adds a product and tells of it. Throws the API's 400 for an id that exists. */
export async function addProduct(
  work: Work,
  params: ProductParams & { id?: string | undefined; name: string; type?: 'good' | 'service' | undefined },
): Promise<Shapes['product']> {
  const { id = newId('prod_', 14), name, type = 'service', ...rest } = params
  if (params.id) await work.hold(`product ${id}`)
  if (await work.find('product', id))
    throw invalid(`Product already exists.`, 'id', 'resource_already_exists')
  const product: Shapes['product'] = {
    id,
    object: 'product',
    active: true,
    created: work.now,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type,
    unit_label: null,
    updated: work.now,
    url: null,
    ...changesOf(rest, null),
    metadata: newMetadata(rest.metadata),
  }
  work.put('product', product, {})
  work.tell('product.created', product)
  return product
}

/** What parameters come to on a new product, or on the one before. */
export function changesOf(
  params: ProductParams,
  before: Shapes['product'] | null,
): Partial<Shapes['product']> {
  const { images, marketing_features, metadata, ...plain } = params
  return {
    ...given(plain),
    ...(images === undefined ? {} : { images: images ?? [] }),
    ...(marketing_features === undefined ? {} : { marketing_features: marketing_features ?? [] }),
    metadata: mergeMetadata(before?.metadata ?? {}, metadata),
  }
}
