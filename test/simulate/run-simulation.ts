import { type Book, openBook } from './book.ts'
import { catchUp, NoProgress, passRealDay } from './catch-up.ts'
import { compareAll, type Difference } from './compare.ts'
import { billingKinds, countBilling } from './count-billing.ts'
import { answerKinds, type Desk, openDesk } from './desk.ts'
import { forged, forgeEvent } from './forge.ts'
import { findLeftovers } from './leftovers.ts'
import type { Options } from './options.ts'
import { addPass } from './pass-plan.ts'
import { openRandom, type Random } from './random.ts'
import { openReader, type Reader, triedKinds } from './reader.ts'
import { advanceDays, readClock } from './sandbox.ts'
import type { Shop } from './shop.ts'
import { insist } from './staff.ts'
import { whatStripeSays } from './stripe-says.ts'
import { openTally, type Tally, table } from './tally.ts'
import { openTroubles, type Troubles, troubleKinds } from './troubles.ts'
import { whatWeSay } from './we-say.ts'
import { openWorld, type World } from './world.ts'

/** Readers who act at the same moment. */
const atOnce = 6

/** Runs it and prints what was tried and what differed. Resolves to the exit code; whatever it started has ended then. */
export async function runSimulation(options: Options): Promise<number> {
  const { readers, years, kills, seed } = options
  console.log(`${readers} readers, ${years} years, ${kills} kills, seed ${seed}`)
  const tried = openTally([...triedKinds, ...Object.values(answerKinds), ...billingKinds])
  const book = openBook()
  const faults = openTally([...troubleKinds, forged])
  const world = await openWorld(faults)
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    console.error('stopping')
    void world.close().finally(() => process.exit(130))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    const desk = await liveThrough(world, options, { tried, faults, book })
    const differences = await settleDown(world, desk, book)
    differences.push(
      ...world.ownDeaths.map((words) => `the app died by itself: ${words.replace(/\s+/g, ' ')}`),
    )
    await countSandbox(world, faults)
    await countBilling(world, tried)
    return report(options, { tried, faults }, differences)
  } catch (error) {
    if (stopping) return 130
    console.error(error instanceof NoProgress ? `no progress any more: ${error.message}` : error)
    console.error(`It can be repeated with --seed ${seed}.`)
    return 1
  } finally {
    if (!stopping) await world.close()
  }
}

async function liveThrough(
  world: World,
  { readers: count, years, kills, seed }: Options,
  { tried, faults, book }: { tried: Tally; faults: Tally; book: Book },
): Promise<Desk> {
  const random = openRandom(seed)
  await addPass(world.db)
  const shop: Shop = { place: world, tally: tried }
  const readers = Array.from({ length: count }, (_, index) =>
    openReader(shop, { stripe: world.stripe, book }, index + 1, random.fork(`reader ${index + 1}`)),
  )
  const steps = drawSteps(random.fork('steps'), Math.round(years * 365))
  const deaths = spread(random.fork('deaths'), kills, steps.length)
  const desk = openDesk(world.db, shop, book, random.fork('desk'))
  const troubles = openTroubles(world, random.fork('troubles'), faults)
  const began = performance.now()
  for (const [index, days] of steps.entries()) {
    await forgeEvent(world, index, faults)
    await step(world, { readers, desk, days, deaths: deaths[index] ?? 0, troubles })
    const percent = Math.round(((index + 1) / steps.length) * 100)
    const spent = Math.round((performance.now() - began) / 1000)
    const now = (await readClock(world)).toISOString().slice(0, 10)
    console.log(
      `${String(percent).padStart(3)}%  ${now}  ${tried.of('purchases paid')} purchases paid, ${spent} s`,
    )
  }
  await troubles.stop()
  return desk
}

/** Steps of 5 to 25 days: Stripe can be asked for the events of the last 30. */
function drawSteps(random: Random, days: number): number[] {
  const steps: number[] = []
  for (let left = days; left > 0; ) {
    const next = Math.min(left, random.between(5, 25))
    steps.push(next)
    left -= next
  }
  return steps
}

/** `count` things over so many places, how many to each. */
function spread(random: Random, count: number, places: number): number[] {
  const each = new Array<number>(places).fill(0)
  for (let one = 0; one < count; one++) {
    const place = random.between(0, places - 1)
    each[place] = (each[place] ?? 0) + 1
  }
  return each
}

async function step(
  world: World,
  {
    readers,
    desk,
    days,
    deaths,
    troubles,
  }: { readers: Reader[]; desk: Desk; days: number; deaths: number; troubles: Troubles },
): Promise<void> {
  await troubles.begin(deaths)
  await Promise.all([allOf(readers), desk.work()])
  await advanceDays(world, days)
  await troubles.finish()
  await catchUp(world, { jobs: false })
  await passRealDay(world)
}

async function allOf(readers: readonly Reader[]): Promise<void> {
  const waiting = [...readers]
  const work = async () => {
    for (let reader = waiting.shift(); reader; reader = waiting.shift()) await reader.live()
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** No more troubles: open pages expire, one reconcile, and both accounts are laid beside each other. */
async function settleDown(world: World, desk: Desk, book: Book): Promise<Difference[]> {
  console.log('no more faults; what is left is settled')
  await passRealDay(world)
  await world.kill()
  await catchUp(world, { jobs: true })
  await desk.insist()
  await advanceDays(world, 2)
  await catchUp(world, { jobs: true })
  const now = await readClock(world)
  const stripe = await insist(() => whatStripeSays(world.stripe, book))
  if (!stripe) throw new Error('the sandbox refused to list what it holds')
  const ours = await whatWeSay(world.db, now)
  console.log(`compared: ${ours.size} orders of ours with ${stripe.size} of Stripe's`)
  return [...compareAll(stripe, ours, now.getTime() / 1000), ...(await findLeftovers(world))]
}

/** What the wires cannot show: events that were never sent, and those first sent after a later one. */
async function countSandbox({ pool }: World, faults: Tally): Promise<void> {
  const { rows } = await pool.query<{ dropped: number; late: number }>(`
    WITH firsts AS (
      SELECT e.seq, min(a.at) AS at FROM sandbox.events e JOIN sandbox.deliveries d ON d.event_id = e.id
      JOIN sandbox.delivery_attempts a ON a.delivery_id = d.id GROUP BY e.seq
    ), beside AS (
      SELECT at, min(at) OVER (ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM firsts
    )
    SELECT (SELECT count(*)::int FROM sandbox.deliveries WHERE state = 'dropped') AS dropped,
      (SELECT count(*)::int FROM beside WHERE at > later) AS late`)
  faults.add('webhooks never sent', rows[0]?.dropped ?? 0)
  faults.add('webhooks that came after later ones', rows[0]?.late ?? 0)
}

function report(
  options: Options,
  { tried, faults }: { tried: Tally; faults: Tally },
  differences: Difference[],
): number {
  console.log(`\n${table('What was tried', tried.rows().toSorted())}`)
  console.log(`\n${table('Faults', faults.rows())}`)
  console.log(`\nseed: ${options.seed}`)
  for (const difference of differences) console.log(`  ${difference}`)
  console.log(`differences: ${differences.length}`)
  return differences.length === 0 ? 0 : 1
}
