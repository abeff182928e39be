import { sql } from 'kysely'
import { amountOf, formatAmount, formatInterval } from '../billing/amounts.ts'
import { currentPeriodEnd } from '../billing/next-moment.ts'
import { priceIn } from '../billing/price-in.ts'
import type { Kind, Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { formatMoment } from '../pages/moments.ts'

const shown = 25

/** What the first page shows: what the sandbox holds, what lives in it, and what it told lately. */
export async function overview(work: Work) {
  return {
    time: at(work.now),
    kinds: await countKinds(work),
    subscriptions: await Promise.all(
      (await latest(work, 'subscription')).map((one) => subscriptionRow(work, one)),
    ),
    payments: (await latest(work, 'charge')).map(({ data }) => paymentRow(data)),
    disputes: (await latest(work, 'dispute')).map(({ data }) => disputeRow(data)),
    events: await latestEvents(work),
  }
}

async function latest<K extends Kind>(work: Work, kind: K): Promise<Stored<K>[]> {
  return work.list(kind, {}, shown)
}

async function countKinds(work: Work): Promise<{ kind: string; count: number }[]> {
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind, count(*) as count from sandbox.objects where not deleted group by kind order by kind`.execute(
    work.tx,
  )
  return rows
}

async function subscriptionRow(work: Work, { data, hidden }: Stored<'subscription'>) {
  const customer = await work.find('customer', data.customer)
  const [item] = data.items.data
  const product = item ? await work.find('product', item.price.product) : null
  const living = data.status !== 'canceled' && data.status !== 'incomplete_expired'
  return {
    id: data.id,
    email: customer?.data.email ?? data.customer,
    what: product?.data.name ?? '',
    price: item
      ? `${formatAmount(amountOf(await priceIn(work, item.price, data.currency, 'items'), item.quantity ?? 1), data.currency)} every ${formatInterval(item.price)}`
      : '',
    status: data.status.replace('_', ' '),
    next: !living
      ? null
      : data.cancel_at === null
        ? `renews ${day(currentPeriodEnd(data))}`
        : `ends ${day(data.cancel_at)}`,
    living,
    failing: hidden.failNextRenewal,
  }
}

function paymentRow(charge: Shapes['charge']) {
  const refunded = charge.amount_refunded > 0 ? formatAmount(charge.amount_refunded, charge.currency) : null
  return {
    id: charge.id,
    email: charge.billing_details.email ?? charge.customer ?? '',
    amount: formatAmount(charge.amount, charge.currency),
    status: charge.failure_message ? `failed: ${charge.failure_message}` : charge.status,
    refunded,
    at: at(charge.created),
    pending: charge.status === 'pending',
    disputable: charge.status === 'succeeded' && !charge.disputed && !charge.refunded,
  }
}

function disputeRow(dispute: Shapes['dispute']) {
  return {
    id: dispute.id,
    amount: formatAmount(dispute.amount, dispute.currency),
    reason: dispute.reason.replaceAll('_', ' '),
    status: dispute.status.replaceAll('_', ' '),
    open: dispute.status.endsWith('needs_response') || dispute.status.endsWith('under_review'),
  }
}

interface EventRow {
  id: string
  type: string
  created: number
  object_id: string | null
  kind: string
  /** How its deliveries stand; null: nobody wanted it. */
  states: string | null
}

async function latestEvents(work: Work) {
  const { rows } = await sql<EventRow>`
    select e.id, e.type, e.created, e.object_id, e.data->'object'->>'object' as kind,
      string_agg(distinct replace(d.state, '_', ' '), ', ') as states
    from (select * from sandbox.events order by seq desc limit 50) e
      left join sandbox.deliveries d on d.event_id = e.id
    group by e.id, e.type, e.created, e.object_id, kind, e.seq order by e.seq desc`.execute(work.tx)
  return rows.map((event) => ({ ...event, time: at(event.created) }))
}

function at(seconds: number): string {
  return formatMoment(new Date(seconds * 1000))
}

function day(seconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(seconds * 1000)
}
