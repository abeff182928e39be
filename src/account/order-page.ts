import type { Request, Response } from 'express'
import { findPreview } from '../articles/store.ts'
import { NotFound } from '../errors.ts'
import { orderView } from '../orders/pages.ts'
import { findOrderByNumber } from '../orders/store.ts'
import { listCollections } from '../plans/store.ts'
import { findSubscriptionOfOrder } from '../subscriptions/store.ts'
import { renewalOf } from '../subscriptions/subscription.ts'
import type { AccountRoutesDeps } from './deps.ts'

/** A reader's receipt. To everyone else there is nothing here. */
export async function showOrder(
  deps: AccountRoutesDeps,
  req: Request,
  res: Response,
  number: string,
): Promise<void> {
  const { db, installation, calendar } = deps
  const reader = deps.readerOf(req)
  if (!reader) return res.redirect(303, `/sign-in?${new URLSearchParams({ next: `/orders/${number}` })}`)
  const order = await findOrderByNumber(db, number)
  if (!order || order.readerId !== reader.readerId) throw new NotFound('There is no such order of yours.')
  const subscription = await findSubscriptionOfOrder(db, order.id)
  const renewsAt = subscription ? renewalOf(subscription) : null
  const view = orderView(order, { installation, calendar, collections: await listCollections(db), renewsAt })
  await deps.render(req, res, {
    view: 'orders/order',
    title: `Order ${order.number}`,
    noindex: true,
    secret: true,
    model: {
      order: view,
      welcome: order.madeReader && !reader.proved,
      continueTo: await articleToGoOn(deps, order.fromArticle),
      proveNeeded: !reader.proved,
      correctEmail: reader.proved ? null : { email: reader.email },
    },
  })
}

/** Back to what the reader wanted to read; null: the order did not begin at an article. */
async function articleToGoOn({ db, clock }: AccountRoutesDeps, slug: string | null) {
  const article = slug ? await findPreview(db, slug, clock()) : null
  return article ? { url: `/articles/${article.slug}`, headline: article.headline } : null
}
