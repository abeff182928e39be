import { given } from '../objects/given.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, object, oneOf, required, text } from '../wire/parameters.ts'
import { addPrice, unitPriceFields } from './add-price.ts'
import { addProduct, changesOf, productFields } from './add-product.ts'
import { named, referred } from './find.ts'

export const productEndpoints = [
  endpoint(
    'POST',
    '/v1/products',
    'product',
    {
      ...productFields,
      default_price_data: object(unitPriceFields),
      id: text(),
      name: required(text()),
      type: oneOf('good', 'service'),
    },
    async ({ work }, params) => {
      const { default_price_data, id, name, type, ...rest } = params
      const product = await addProduct(work, { ...rest, id, name, type })
      if (!default_price_data) return product
      const price = await addPrice(work, { ...default_price_data, product: product.id })
      return work.put('product', { ...product, default_price: price.id }, {})
    },
  ),
  endpoint(
    'GET',
    '/v1/products',
    'product',
    { ...pagination, active: boolean(), created, shippable: boolean(), url: text() },
    ({ work }, params) =>
      listObjects(work, 'product', params, {
        url: '/v1/products',
        refs: { active: params.active, shippable: params.shippable, url: params.url },
        createdIn: params.created,
      }),
  ),
  endpoint('GET', '/v1/products/{id}', 'product', {}, async ({ work, id }) => {
    return (await named(work, 'product', id, { evenDeleted: true })).data
  }),
  endpoint(
    'POST',
    '/v1/products/{id}',
    'product',
    { ...productFields, default_price: text(), name: text() },
    async ({ work, id }, params) => {
      const { data } = await named(work, 'product', id, { take: true })
      if (params.default_price) await referred(work, 'price', params.default_price, 'default_price')
      const { default_price, name, ...rest } = params
      const changes = { ...changesOf(rest, data), ...given({ default_price, name }), updated: work.now }
      return work.change('product', id, changes, 'product.updated')
    },
  ),
  endpoint('DELETE', '/v1/products/{id}', 'product', {}, async ({ work, id }) => {
    const { data } = await named(work, 'product', id, { take: true })
    if ((await work.list('price', { product: id }, 1)).length > 0) {
      throw invalid('This product cannot be deleted because it has one or more user-created prices.')
    }
    work.tell('product.deleted', data)
    return work.remove('product', id)
  }),
]
