import type { OrderRecord, OurOrder, StripeOrder, SubscriptionRecord } from './record.ts'

/** One difference, in a line that names the order. */
export type Difference = string

const day = 86_400
/** What the paper grants past what is paid, by the state that Stripe names; the defaults of its grace. */
const graceDays: Record<string, number> = { active: 3, trialing: 3, past_due: 7 }
const livingStates = ['trialing', 'active', 'past_due', 'unpaid', 'paused']
/** While a bank is asked for a renewal. */
const bankGraceDays = 14
/** A pass begins when its payment is settled, which an outage of a step can put off. */
const passSlackDays = 31

/** Compares both accounts, and holds Stripe's to what must never be. `now`: seconds, the publication's time. Pure. */
export function compareAll(
  stripe: ReadonlyMap<string, StripeOrder>,
  ours: ReadonlyMap<string, OurOrder>,
  now: number,
): Difference[] {
  const differences: Difference[] = []
  for (const id of stripe.keys()) if (!ours.has(id)) differences.push(`order ${id}: Stripe has it, we do not`)
  for (const our of ours.values()) {
    const said = stripe.get(our.id)
    const found = said ? compareOrder(said, our) : compareUnknown(our)
    differences.push(...found.map((text) => `${our.number} of ${our.email}: ${text}`))
  }
  for (const [email, orders] of byReader(ours)) {
    const pairs = orders.map((our) => ({ our, said: stripe.get(our.id) }))
    differences.push(...compareReader(pairs, now).map((text) => `${email}: ${text}`))
  }
  return differences
}

/** Stripe never heard of it: then nobody can have paid for it. */
function compareUnknown(our: OurOrder): string[] {
  const untouched = ['pending', 'expired'].includes(our.state) && our.payments.size === 0
  return untouched ? [] : [`it is ${our.state} with us and unknown to Stripe`]
}

function compareOrder(said: StripeOrder, our: OurOrder): string[] {
  return [
    ...compareSessions(said, our),
    ...compareMaps('payment', said.payments, our.payments),
    ...compareMaps('refund', said.refunds, our.refunds),
    ...compareMaps('dispute', said.disputes, our.disputes),
    ...compareMaps('ledger, balance in', said.balance, our.balance),
    ...(isSettled(said)
      ? compareSubscription(said.subscription, our.subscription)
      : compareUnpaid(said, our)),
    ...compareState(said, our),
    ...said.chargedTwice.map((intent) => `payment intent ${intent} was charged twice`),
  ]
}

function compareSessions(said: StripeOrder, our: OurOrder): string[] {
  const complete = said.sessions.filter((session) => session.status === 'complete')
  const [session] = complete
  if (complete.length > 1) return [`${complete.length} of its sessions are paid`]
  if (!session) return []
  const differences: string[] = []
  if (session.total !== our.total) differences.push(`Stripe took ${session.total}, our total is ${our.total}`)
  if (session.subtotal !== our.subtotal)
    differences.push(`Stripe's subtotal is ${session.subtotal}, ours ${our.subtotal}`)
  const receipts = our.duplicate || session.payment !== 'paid' ? 0 : 1
  if (our.receipts !== receipts) differences.push(`${our.receipts} receipts instead of ${receipts}`)
  return differences
}

function compareMaps(
  what: string,
  said: ReadonlyMap<string, unknown>,
  ours: ReadonlyMap<string, unknown>,
): string[] {
  return [...new Set([...said.keys(), ...ours.keys()])]
    .filter((key) => said.get(key) !== ours.get(key))
    .map(
      (key) =>
        `${what} ${key}: Stripe says ${said.get(key) ?? 'nothing'}, we say ${ours.get(key) ?? 'nothing'}`,
    )
}

/** Not yet paid, or never: it began nothing with us, and after the bank's no Stripe must not ask for it again. */
function compareUnpaid({ subscription, sessions }: StripeOrder, our: OurOrder): string[] {
  const found = our.subscription ? [`it is not paid, and we have ${our.subscription.id}`] : []
  const refused = sessions.some(({ payment }) => payment === 'failed')
  if (refused && subscription && livingStates.includes(subscription.state))
    found.push(`its bank refused, and ${subscription.id} is ${subscription.state}`)
  return found
}

function compareSubscription(said: SubscriptionRecord | null, ours: SubscriptionRecord | null): string[] {
  if (!said || !ours)
    return said === ours
      ? []
      : [`Stripe has ${said ? said.id : 'no subscription'}, we have ${ours ? ours.id : 'none'}`]
  const always = ['id', 'state', 'price', 'paidUntil', 'endsAt', 'endedAt'] as const
  // What has ended gives nothing more, and Stripe forgets that it did.
  const fields = livingStates.includes(said.state)
    ? ([...always, 'givenUntil', 'bankAsked'] as const)
    : always
  return fields
    .filter((field) => said[field] !== ours[field])
    .map((field) => `subscription ${said.id} ${field}: Stripe says ${said[field]}, we say ${ours[field]}`)
}

function compareState(said: StripeOrder, our: OurOrder): string[] {
  const expected = stateOf(said)
  const differences: string[] = []
  const back = chargedOf(our, said, our.owed ?? 0)
  const anyFailed = [...said.refunds.values()].some((text) => / failed$/.test(text))
  if (refundedOf(said) < back && !isDisputed(said) && !anyFailed)
    differences.push(`of ${back} for what was bought twice, ${refundedOf(said)} was paid back`)
  if (our.state !== expected) differences.push(`it is ${our.state}, by what Stripe says it is ${expected}`)
  if (our.refunded !== refundedOf(said))
    differences.push(`refunded: Stripe says ${refundedOf(said)}, we say ${our.refunded}`)
  return differences
}

/** What an order is, told from Stripe's account alone. */
function stateOf(said: StripeOrder): string {
  if (!said.sessions.some((session) => session.status === 'complete'))
    return said.sessions.some((session) => session.status === 'open') ? 'pending' : 'expired'
  if (!isSettled(said))
    return said.sessions.some((session) => session.payment === 'waiting') ? 'pending' : 'failed'
  if (isDisputed(said)) return 'disputed'
  const refunded = refundedOf(said)
  if (refunded === 0) return 'paid'
  return refunded >= paidOf(said) ? 'refunded' : 'partly_refunded'
}

function isSettled({ sessions }: StripeOrder): boolean {
  return sessions.some((session) => session.payment === 'paid')
}

function isDisputed({ disputes }: OrderRecord): boolean {
  return [...disputes.values()].some((text) => !/ (won|warning_\w+)$/.test(text))
}

function refundedOf({ refunds }: OrderRecord): number {
  const counting = [...refunds.values()].filter((text) => !/ (failed|canceled)$/.test(text))
  return counting.reduce((sum, text) => sum + Number.parseInt(text, 10), 0)
}

function paidOf({ payments }: OrderRecord): number {
  return [...payments.values()].reduce((sum, amount) => sum + amount, 0)
}

/** How much of what duplicates took was charged: of an order that credit paid for in part, its share. */
function chargedOf(our: OurOrder, said: StripeOrder, owed: number): number {
  const paid = paidOf(said)
  if (paid >= our.total || owed >= our.total) return Math.min(owed, paid)
  return Math.floor((owed * paid) / our.total)
}

function byReader(ours: ReadonlyMap<string, OurOrder>): Map<string, OurOrder[]> {
  return Map.groupBy(ours.values(), (our) => our.email)
}

interface Pair {
  our: OurOrder
  said: StripeOrder | undefined
}

function compareReader(pairs: Pair[], now: number): string[] {
  return [...findDoubleSales(pairs), ...compareAccess(pairs, now)]
}

/** Two subscriptions to the same at the same time: the later must have ended and its money gone back. */
function findDoubleSales(pairs: Pair[]): string[] {
  const sold = pairs
    .filter(({ said }) => said?.subscription && said.startedAt !== null && said.paidAt !== null)
    .toSorted((a, b) => (a.said?.startedAt ?? 0) - (b.said?.startedAt ?? 0))
  const undone = ({ our, said }: Pair) =>
    said?.subscription?.state === 'canceled' &&
    (refundedOf(said) >= chargedOf(our, said, our.owed ?? Number.POSITIVE_INFINITY) || isDisputed(said))
  return sold.flatMap((one, index) =>
    sold
      .slice(index + 1)
      .filter((other) => overlap(one, other) && !undone(one) && !undone(other))
      .map((other) => `${one.our.number} and ${other.our.number} sold the same for the same time`),
  )
}

function overlap(one: Pair, other: Pair): boolean {
  const opens = opensOf(one.our)
  if (!opensOf(other.our).some((collection) => opens.includes(collection))) return false
  const end = ({ said }: Pair) => said?.subscription?.endedAt ?? Number.POSITIVE_INFINITY
  return (one.said?.startedAt ?? 0) < end(other) && (other.said?.startedAt ?? 0) < end(one)
}

function opensOf(our: OurOrder): string[] {
  return our.lines.filter((line) => line.kind === 'subscription').flatMap((line) => line.opens)
}

/** What Stripe's account entitles the reader to, beside what the paywall lets them read. */
function compareAccess(pairs: Pair[], now: number): string[] {
  const collections = new Set(pairs.flatMap(({ our }) => [...our.readable.keys()]))
  return [...collections].flatMap((collection) => {
    const readable = pairs.some(({ our }) => our.readable.get(collection))
    const entitled = pairs.map((pair) => entitles(pair, collection, now))
    if (readable && !entitled.some((one) => one !== 'no')) return [`reads ${collection} without having paid`]
    if (!readable && entitled.some((one) => one === 'yes'))
      return [`has paid for ${collection} and cannot read`]
    return []
  })
}

/** maybe: within the time by which a late settling may have put it off. */
function entitles({ our, said }: Pair, collection: string, now: number): 'yes' | 'maybe' | 'no' {
  if (!said || said.paidAt === null || isDisputed(said)) return 'no'
  if (refundedOf(said) > 0 && refundedOf(said) >= paidOf(said)) return 'no'
  const opening = our.lines.filter((one) => !one.duplicate && opensNow(our, one).includes(collection))
  const answers = opening.map((line) => entitlesByLine(line, said, said.paidAt ?? 0, now))
  return (['yes', 'maybe'] as const).find((one) => answers.includes(one)) ?? 'no'
}

/** A pass opens what was sold, a subscription what it is changed to. */
function opensNow(our: OurOrder, line: OurOrder['lines'][number]): string[] {
  return line.kind === 'subscription' ? our.billed : line.opens
}

/** An order can hold a pass and a subscription that open the same. */
function entitlesByLine(
  line: OurOrder['lines'][number],
  said: StripeOrder,
  paidAt: number,
  now: number,
): 'yes' | 'maybe' | 'no' {
  if (line.kind === 'subscription') return said.subscription && isOpen(said.subscription, now) ? 'yes' : 'no'
  if (said.passEnded) return 'no'
  if (now < paidAt + line.months * 28 * day) return 'yes'
  return now < paidAt + (line.months * 31 + passSlackDays) * day ? 'maybe' : 'no'
}

function isOpen({ state, endsAt, bankAsked, ...record }: SubscriptionRecord, now: number): boolean {
  if (!livingStates.includes(state)) return false
  const until = Math.max(record.paidUntil, record.givenUntil ?? 0)
  if (endsAt !== null && endsAt <= until) return now < endsAt
  return now < until + (bankAsked ? bankGraceDays : (graceDays[state] ?? 0)) * day
}
