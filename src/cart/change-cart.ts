import type { Clock } from '../clock.ts'
import { type Database, inTransaction } from '../db/database.ts'
import type { Installation } from '../db/installation.ts'
import { Conflict, InvalidInput, NotFound } from '../errors.ts'
import { largestQuantity, mostOfOneLine, type PlanOnSale } from '../plans/plan.ts'
import { whyNotApplied } from '../plans/promotion-code.ts'
import { findPromotionByCode } from '../plans/promotion-store.ts'
import { findPlanOnSale } from '../plans/store.ts'
import {
  type Cart,
  findCart,
  lockCart,
  putFromArticle,
  putLine,
  putPromotion,
  removeLine,
  touchCart,
} from './store.ts'

export interface CartDeps {
  db: Database
  clock: Clock
  installation: Installation
}

export interface LineRequest {
  /** The plan's slug. */
  plan: string
  /** As a form sends it. */
  quantity: string
  /** The slug of the article whose offer led here; '' for none. */
  from?: string
}

/**
 * Sets the quantity of a plan in the cart `cartId`, at today's price, making the cart if need be. Throws InvalidInput for a bad plan or quantity, Conflict where it would be a second subscription.
 */
export async function setLine(deps: CartDeps, cartId: string, request: LineRequest): Promise<void> {
  const { db, clock, installation } = deps
  const plan = await findPlanOnSale(db, request.plan, installation.currency)
  if (!plan) throw new InvalidInput('There is no such plan on sale. Choose one from the list.')
  const count = parseQuantity(request.quantity, plan)
  const line = { planId: plan.id, priceId: plan.price.id, quantity: count }
  await inTransaction(db, async (tx) => {
    await touchCart(tx, cartId, clock())
    const cart = await lockCart(tx, cartId, installation.currency)
    refuseSecondSubscription(cart, plan)
    await putLine(tx, cartId, line, clock())
    if (request.from) await putFromArticle(tx, cartId, request.from)
  })
}

/** As `setLine` for a line that is there; quantity 0 removes it. Throws NotFound where the cart has no such line. */
export async function changeLine(
  deps: CartDeps,
  cartId: string | null,
  slug: string,
  quantity: string,
): Promise<void> {
  const cart = cartId ? await findCart(deps.db, cartId, deps.installation.currency) : null
  const line = cart?.lines.find((one) => one.plan.slug === slug)
  if (!cart || !line) throw new NotFound('Your cart has no such line.')
  if (quantity.trim() !== '0') return setLine(deps, cart.id, { plan: slug, quantity })
  await inTransaction(deps.db, async (tx) => {
    await touchCart(tx, cart.id, deps.clock())
    await removeLine(tx, cart.id, line.plan.id)
  })
}

/** Applies a promotion code; empty text takes the present one away. Throws InvalidInput with the reason. */
export async function setPromotion(deps: CartDeps, cartId: string | null, code: string): Promise<void> {
  const { db, clock, installation } = deps
  const cart = cartId ? await findCart(db, cartId, installation.currency) : null
  if (!cart || cart.lines.length === 0)
    throw new InvalidInput('Put a plan in the cart first, then enter the code.')
  const id = code.trim() === '' ? null : await findUsable(deps, cart, code.trim())
  await putPromotion(db, cart.id, id, clock())
}

async function findUsable({ db, clock, installation }: CartDeps, cart: Cart, code: string): Promise<string> {
  const promotion = await findPromotionByCode(db, code)
  if (!promotion) throw new InvalidInput('That promotion code is not known. Check it and try again.')
  const lines = cart.lines.map((line) => ({ planId: line.plan.id, total: line.price.amount }))
  const problem = whyNotApplied(promotion, lines, installation.currency, clock())
  if (problem) throw new InvalidInput(problem)
  return promotion.id
}

function parseQuantity(text: string, plan: PlanOnSale): number {
  const quantity = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(quantity >= 1 && quantity <= mostOfOneLine)) {
    throw new InvalidInput(`The quantity must be a whole number from 1 to ${largestQuantity(plan)}.`)
  }
  if (quantity > largestQuantity(plan))
    throw new InvalidInput(`${plan.name} is for one reader: its quantity is 1.`)
  return quantity
}

function refuseSecondSubscription(cart: Cart | null, plan: PlanOnSale): void {
  if (plan.kind !== 'subscription') return
  const other = cart?.lines.find((line) => line.plan.kind === 'subscription' && line.plan.id !== plan.id)
  if (!other) return
  throw new Conflict(
    `Your cart holds ${other.plan.name} already, and one order can begin one subscription. Remove it to choose ${plan.name}.`,
  )
}
