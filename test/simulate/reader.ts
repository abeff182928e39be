import type { Browser } from './browser.ts'
import type { Random } from './random.ts'
import { type Bought, browserOf, buy, isAccount, type Means, type Purchase, type Shop } from './shop.ts'
import { type Dashboard, type Deed, doDeed } from './staff.ts'

/** Somebody who buys, reads, and does what people do. */
export interface Reader {
  /** One step of a life. */
  live: () => Promise<void>
}

const articles = ['/articles/quds-force-chief-visits-baghdad', '/articles/letter-from-skerrow', '/']

const deeds: Record<Deed | 'nothing', number> = {
  nothing: 60,
  'cancel at period end': 5,
  resume: 3,
  'cancel now': 4,
  'refund a part': 5,
  'refund in full': 2,
  'refund in full and cancel': 3,
  'card begins to fail': 5,
  'card is replaced': 8,
  'bank is to pay renewals': 4,
  'bank is to pay renewals, without funds': 2,
  'refund a renewal in full': 2,
  'collection is paused': 5,
  'collection is resumed': 14,
  'subscription is paused': 3,
  'paused subscription is resumed': 14,
  'plan is changed': 6,
  'dispute answered': 5,
}

const asked = 'purchases that a bank was asked to pay'

export function openReader(shop: Shop, dashboard: Dashboard, number: number, random: Random): Reader {
  const email = `reader-${number}@example.com`
  const sessions: string[] = []
  let browser = browserOf(shop, number)

  const purchase = async () => {
    const wanted = drawPurchase(random)
    const bought = await buy(shop, browser, email, wanted)
    note(shop, bought, sessions)
  }
  /** The same reader at two browsers, who pays in both. */
  const purchaseTwice = async () => {
    const both: [Browser, Purchase][] = [
      [browser, drawTwin(random)],
      [browserOf(shop, number), drawTwin(random)],
    ]
    shop.tally.add('purchases in two browsers at once')
    const results = await Promise.all(both.map(([one, wanted]) => buy(shop, one, email, wanted)))
    for (const bought of results) note(shop, bought, sessions)
  }

  return {
    live: async () => {
      const buys = random.chance(sessions.length === 0 ? 0.4 : 0.08)
      const twice = random.chance(0.12)
      const deed = random.weigh(deeds)
      const sessionId = sessions.length > 0 ? random.pick(sessions) : null
      if (random.chance(0.1)) browser = browserOf(shop, number)
      if (buys) await (twice ? purchaseTwice() : purchase())
      if (random.chance(0.1)) await browser.get(random.pick(articles))
      if (!sessionId || deed === 'nothing') return
      if (await doDeed(dashboard, deed, sessionId, random)) shop.tally.add(deed)
    },
  }
}

function note({ tally }: Shop, bought: Bought, sessions: string[]): void {
  if (bought.outcome === 'bought') sessions.push(bought.sessionId)
  tally.add(rowOf(bought))
}

function rowOf(bought: Bought): string {
  if (bought.outcome !== 'bought') return noted[bought.outcome]
  return isAccount(bought.by) ? asked : 'purchases paid'
}

const noted: Record<Exclude<Bought['outcome'], 'bought'>, string> = {
  abandoned: 'purchases left at the payment page',
  subscribed: 'purchases of what the reader had already',
  refused: 'purchases that the cart refused',
  failed: 'purchases that could not be made for too long',
}

/** What the table names, also where it never happened. */
export const triedKinds = [
  'purchases paid',
  asked,
  ...Object.values(noted),
  ...Object.keys(deeds).filter((deed) => deed !== 'nothing'),
]

/** Paid in any case, and by a card that can be paid back: where it cannot, a duplicate is for staff to undo. */
function drawTwin(random: Random): Purchase {
  const means: Means[] = [random.weigh({ good: 4, threeDSecure: 1, refundsLater: 1, bankPays: 1 })]
  return { ...drawPurchase(random), means, abandons: false }
}

function drawPurchase(random: Random): Purchase {
  const plan = random.weigh({
    'all-access-monthly': 40,
    'digital-monthly': 25,
    'all-access-annual': 20,
    'month-pass': 15,
  })
  const last: Means = random.weigh({
    good: 62,
    threeDSecure: 8,
    disputed: 6,
    refundsLater: 5,
    refundsNot: 5,
    bankPays: 8,
    bankHasNoFunds: 3,
    bankAccountClosed: 2,
    bankTakesBack: 1,
  })
  const before: Means[] = random.chance(0.15) ? [random.pick(['declined', 'insufficientFunds'] as const)] : []
  return {
    plan,
    promotionCode: random.chance(0.15) ? 'WELCOME20' : null,
    means: [...before, last],
    abandons: random.chance(0.08),
    returns: random.chance(0.8),
    doubles: random.chance(0.12),
  }
}
