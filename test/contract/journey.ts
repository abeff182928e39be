import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { openBook } from '../simulate/book.ts'
import type { Browser } from '../simulate/browser.ts'
import { addPass } from '../simulate/pass-plan.ts'
import { openRandom } from '../simulate/random.ts'
import { advanceDays, setFaults } from '../simulate/sandbox.ts'
import {
  browserOf,
  buy,
  cards,
  goToPayment,
  type Purchase,
  postForm,
  returnFrom,
  type Shop,
  wayBack,
} from '../simulate/shop.ts'
import { type Deed, doDeed } from '../simulate/staff.ts'
import { openTally } from '../simulate/tally.ts'
import { archived, credited, goesOn, orphan } from './gone-chapters.ts'
import { debits, exchange, portal } from './money-chapters.ts'
import type { Stand } from './stand.ts'
import { stranger } from './stranger-chapter.ts'

export interface Chapter {
  name: string
  tell: (journey: Journey) => Promise<void>
}

export interface Journey {
  stand: Stand
  /** Buys with an address of its own. Returns the session's id. */
  sell: (who: string, wanted?: Partial<Purchase>) => Promise<string>
  /** Opens a payment page, to be paid with the fields given besides the address and a card that works. */
  openPage: (who: string, plan: string) => Promise<PaymentPage>
  /** Does it at Stripe, which must allow it. */
  happens: (deed: Deed, sessionId: string) => Promise<void>
  /** Waits until the order of a session is in this state. */
  becomes: (sessionId: string, state: string) => Promise<void>
  shop: Shop
}

export interface PaymentPage {
  sessionId: string
  /** Pays, and comes back to the paper. */
  pay: (fields: Record<string, string>) => Promise<void>
}

const ordinary: Purchase = {
  plan: 'all-access-annual',
  promotionCode: null,
  means: ['good'],
  abandons: false,
  returns: true,
  doubles: false,
}
const patienceMs = 20_000

/** Everything that the app does with Stripe today. Throws where it does not come about. `say` hears each chapter. */
export async function travel(stand: Stand, say: (text: string) => void): Promise<void> {
  await addPass(stand.db)
  const journey = openJourney(stand)
  for (const { name, tell } of chapters) {
    say(name)
    await tell(journey)
  }
}

const chapters: Chapter[] = [
  {
    name: 'browse, and buy a year with a promotion code',
    tell: async ({ sell, becomes, shop }) => {
      const browser = browserOf(shop, 1)
      for (const path of ['/', '/subscribe', '/articles/quds-force-chief-visits-baghdad'])
        assert.equal((await browser.get(path)).status, 200, path)
      await becomes(await sell('promoted', { promotionCode: 'WELCOME20' }), 'paid')
    },
  },
  {
    name: 'a declined card, then one that asks the bank',
    tell: async ({ sell, becomes }) => {
      const wanted = { plan: 'all-access-monthly', means: ['declined', 'insufficientFunds', 'good'] as const }
      await becomes(await sell('declined', { ...wanted, means: [...wanted.means] }), 'paid')
      await becomes(await sell('asked', { means: ['threeDSecure'] }), 'paid')
    },
  },
  {
    name: 'a pass, paid once, with and without a promotion code, and by a reader who is known',
    tell: async ({ stand, sell, becomes }) => {
      await becomes(await sell('passing', { plan: 'month-pass' }), 'paid')
      await becomes(await sell('passing-too', { plan: 'month-pass', promotionCode: 'WELCOME20' }), 'paid')
      await advanceDays(stand, 32)
      await becomes(await sell('passing', { plan: 'digital-monthly' }), 'paid')
    },
  },
  {
    name: 'a payment page that is left for another cart',
    tell: async ({ stand, shop, becomes }) => {
      const browser = browserOf(shop, 2)
      const email = 'leaving@example.com'
      await buy(shop, browser, email, { ...ordinary, abandons: true })
      await browser.post('/cart/lines/all-access-annual', { quantity: '0' })
      const bought = await buy(shop, browser, email, { ...ordinary, plan: 'digital-monthly' })
      assert.equal(bought.outcome, 'bought')
      if (bought.outcome === 'bought') await becomes(bought.sessionId, 'paid')
      const states = await statesOf(stand, email)
      assert.deepEqual(states, ['expired', 'paid'])
    },
  },
  {
    name: 'paid twice after all: by a debit, and by card before the bank has answered',
    tell: async ({ stand, openPage, becomes }) => {
      const slow = await openPage('twice', 'all-access-annual')
      await slow.pay({
        pay_with: 'us_bank_account',
        account_number: '000123456789',
        routing_number: '110000000',
      })
      const quick = await openPage('twice', 'digital-monthly')
      await quick.pay({})
      await becomes(quick.sessionId, 'paid')
      await advanceDays(stand, 5)
      await becomes(slow.sessionId, 'refunded')
    },
  },
  {
    name: 'refunds: a part, in full, later, and one that fails',
    tell: async ({ sell, happens, becomes }) => {
      const session = await sell('refunded')
      await happens('refund a part', session)
      await becomes(session, 'partly_refunded')
      await happens('refund in full', session)
      await becomes(session, 'refunded')
      await happens('refund in full', await sell('refunded-later', { means: ['refundsLater'] }))
      const failing = await sell('refunded-not', { means: ['refundsNot'] })
      await happens('refund in full', failing)
      await becomes(failing, 'refunded')
    },
  },
  {
    name: 'disputes, answered',
    tell: async ({ sell, happens, becomes }) => {
      for (const who of ['disputing', 'disputing-too', 'disputing-still']) {
        const session = await sell(who, { means: ['disputed'], plan: 'month-pass' })
        await becomes(session, 'disputed')
        await happens('dispute answered', session)
      }
    },
  },
  {
    name: 'cancelled at the period’s end, resumed, cancelled now; a card that begins to fail',
    tell: async ({ stand, sell, happens }) => {
      const monthly = { plan: 'all-access-monthly' }
      await happens('cancel at period end', await sell('ending', monthly))
      const resumed = await sell('resuming', monthly)
      await happens('cancel at period end', resumed)
      await happens('resume', resumed)
      await happens('cancel now', await sell('ended', monthly))
      await happens('card begins to fail', await sell('failing', monthly))
      const mended = await sell('mending', monthly)
      await happens('card begins to fail', mended)
      await advanceDays(stand, 33)
      await happens('card is replaced', mended)
      await advanceDays(stand, 40)
    },
  },
  debits,
  portal,
  exchange,
  archived,
  orphan,
  credited,
  goesOn,
  stranger,
  {
    name: 'a year of renewals',
    tell: async ({ stand }) => {
      await advanceDays(stand, 366)
      const renewals = await stand.db
        .selectFrom('payments')
        .select('id')
        .where('kind', '=', 'renewal')
        .execute()
      assert.ok(renewals.length > 20, `${renewals.length} renewals`)
    },
  },
  {
    name: 'webhooks that never come, taken from Stripe’s list',
    tell: async ({ stand, sell, becomes }) => {
      await setFaults(stand, { drop: 1 })
      const session = await sell('unheard', { returns: false })
      await setFaults(stand, {})
      await stand.pool.query("SELECT graphile_worker.add_job('take-missed-events', '{}'::json)")
      await becomes(session, 'paid')
    },
  },
]

function openJourney(stand: Stand): Journey {
  const shop: Shop = { place: stand, tally: openTally() }
  const random = openRandom('contract')
  const book = openBook()
  let browsers = 100
  return {
    stand,
    shop,
    sell: async (who, wanted = {}) => {
      const purchase = { ...ordinary, ...wanted }
      const bought = await buy(shop, browserOf(shop, browsers++), `${who}@example.com`, purchase)
      assert.equal(bought.outcome, 'bought', `${who} could not buy ${purchase.plan}`)
      return bought.outcome === 'bought' ? bought.sessionId : ''
    },
    openPage: (who, plan) => openPage(shop, browserOf(shop, browsers++), `${who}@example.com`, plan),
    happens: async (deed, sessionId) =>
      assert.ok(await doDeed({ stripe: stand.stripe, book }, deed, sessionId, random), `${deed} was refused`),
    becomes: (sessionId, state) =>
      eventually(async () => assert.equal(await stateOf(stand, sessionId), state)),
  }
}

async function openPage(shop: Shop, browser: Browser, email: string, plan: string): Promise<PaymentPage> {
  await browser.post('/cart/lines', { plan, quantity: '1' })
  const page = await goToPayment(shop, browser, email, { ...ordinary, plan })
  if (typeof page !== 'string') throw new Error(`${email} could not buy ${plan}: ${page.outcome}`)
  const card = { card_number: cards.good, exp: '12/49', cvc: '123', name: 'A Reader' }
  return {
    sessionId: /\/pay\/(cs_\w+)/.exec(page)?.[1] ?? '',
    pay: async (fields) => {
      const back = wayBack(await postForm(page, { email, ...card, ...fields }))
      assert.ok(back, `${email} could not pay`)
      await returnFrom(browser, back, 1)
    },
  }
}

async function stateOf({ db }: Stand, sessionId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('checkout_sessions')
    .innerJoin('orders', 'orders.id', 'checkout_sessions.order_id')
    .select('orders.state')
    .where('checkout_sessions.id', '=', sessionId)
    .executeTakeFirst()
  return row?.state
}

async function statesOf({ db }: Stand, email: string): Promise<string[]> {
  const rows = await db.selectFrom('orders').select('state').where('email', '=', email).execute()
  return rows.map(({ state }) => state).toSorted()
}

/** Tries until it holds; fails with the last reason after a while. */
export async function eventually<T>(what: () => Promise<T>): Promise<T> {
  const end = performance.now() + patienceMs
  for (;;) {
    try {
      return await what()
    } catch (error) {
      if (performance.now() > end) throw error
    }
    await pause(100)
  }
}
