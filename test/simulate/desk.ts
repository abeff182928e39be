import type { Database } from '../../src/db/database.ts'
import type { Book } from './book.ts'
import type { Random } from './random.ts'
import { browserOf, type Shop, signIn } from './shop.ts'

/** Staff at the paper's own pages, who are asked about parts that were refunded at Stripe. */
export interface Desk {
  /** Answers some of the questions. */
  work: () => Promise<void>
  /** Gives once more each answer that was given and did not close its question. */
  insist: () => Promise<void>
}

interface Question {
  refund: string
  orderId: string
  number: string
  /** Of its first line. */
  kind: string
}

/** What the table names, also where it never happened. */
export const answerKinds = {
  leave: 'part refunds answered by leaving it open',
  end: 'part refunds answered by ending the line',
}

const owner = 'owner@newsstand.test'
/** The network of the office; readers have the first ones. */
const office = 2 ** 24 - 2

export function openDesk(db: Database, shop: Shop, book: Book, random: Random): Desk {
  const browser = browserOf(shop, office)
  /** By refund: what was decided stays decided, whatever became of the answer. */
  const ends = new Map<string, boolean>()

  const answer = async ({ refund, orderId, number, kind }: Question): Promise<void> => {
    const isEnd = ends.get(refund) ?? random.chance(0.4)
    ends.set(refund, isEnd)
    if (isEnd && kind !== 'subscription') book.endedPasses.add(orderId)
    const address = `/admin/orders/${number}`
    const give = () => browser.post(`${address}/refund-answers`, { refund, line: isEnd ? '1' : '' })
    let page = await give()
    if (page.location.startsWith('/sign-in') && (await signIn(shop, browser, owner, address)))
      page = await give()
    if (page.location === address) shop.tally.add(isEnd ? answerKinds.end : answerKinds.leave)
    // The paper may be away for longer than people wait; the question stays.
    else if (
      page.status < 500 &&
      page.status !== 429 &&
      page.status !== 0 &&
      !page.location.startsWith('/sign-in')
    )
      throw new Error(`the answer about ${refund} was answered ${page.status} ${page.location}`)
  }

  return {
    work: async () => {
      for (const question of await listQuestions(db)) if (random.chance(0.4)) await answer(question)
    },
    insist: async () => {
      for (const question of await listQuestions(db)) if (ends.has(question.refund)) await answer(question)
    },
  }
}

function listQuestions(db: Database): Promise<Question[]> {
  return db
    .selectFrom('drift')
    .innerJoin('orders', 'orders.id', 'drift.order_id')
    .innerJoin('order_lines', 'order_lines.order_id', 'orders.id')
    .select(['drift.subject as refund', 'orders.id as orderId', 'orders.number', 'order_lines.kind'])
    .where('drift.kind', '=', 'refund_names_no_line')
    .where('drift.closed_at', 'is', null)
    .where('order_lines.position', '=', 0)
    .orderBy('drift.found_at')
    .orderBy('drift.subject')
    .execute()
}
