import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from './random.ts'
import { type Faults, setFaults } from './sandbox.ts'
import type { Tally } from './tally.ts'
import type { Passing } from './wire.ts'
import type { World } from './world.ts'

interface Death {
  wire: 'api' | 'webhook'
  when: (passing: Passing) => boolean
  weight: number
  /** It may pass so often before; rare things seldom. */
  most: number
}

/** Where on its way the app is killed: as something passes on a wire, or at a moment of its own. */
const deaths: Record<string, Death> = {
  'killed as a payment page was being opened': {
    wire: 'api',
    when: ({ method, path, status }) =>
      method === 'POST' && path === '/v1/checkout/sessions' && status !== null,
    weight: 3,
    most: 3,
  },
  'killed as a payment was being settled': {
    wire: 'api',
    when: ({ method, path, status }) => method === 'GET' && isSession(path) && status !== null,
    weight: 3,
    most: 4,
  },
  'killed as it asked Stripe something': {
    wire: 'api',
    when: ({ status }) => status === null,
    weight: 2,
    most: 12,
  },
  'killed as a duplicate was being undone': {
    wire: 'api',
    when: ({ method, path }) => method === 'DELETE' || (method === 'POST' && path === '/v1/refunds'),
    weight: 2,
    most: 2,
  },
  'killed as an event arrived': {
    wire: 'webhook',
    when: ({ status }) => status === null,
    weight: 2,
    most: 12,
  },
  'killed as an event was being applied': {
    wire: 'webhook',
    when: ({ status }) => status === 200,
    weight: 3,
    most: 12,
  },
}
const anyMoment = 'killed at any moment'

function isSession(path: string): boolean {
  return path.startsWith('/v1/checkout/sessions/cs_')
}

const broken = 'PostgreSQL connections broken'

/** By the header that the sandbox marks them with. */
const faulty = {
  before: 'API calls answered 500 before their effect',
  after: 'API calls answered 500 after their effect',
}
const keptFault = 'API calls answered 500 again, as kept under their key'
const ownFault = 'API calls answered 500 by a fault of the sandbox itself'

/** What the tables name, also where it never happened. */
export const troubleKinds = [
  ...Object.keys(deaths),
  anyMoment,
  broken,
  ...Object.values(faulty),
  keptFault,
  'API calls answered 429',
  'webhooks sent twice or again',
  'webhooks that came after later ones',
  'webhooks never sent',
  'webhooks not taken',
]

export interface Troubles {
  /** Draws the weather of a step, and so many deaths for it. */
  begin: (deathsInStep: number) => Promise<void>
  /** Kills what was drawn and has not come about; resolves when all of the step's troubles are over. */
  finish: () => Promise<void>
  /** Switches everything off. */
  stop: () => Promise<void>
}

/** What goes wrong, chosen by `random` and counted in `tally`. */
export function openTroubles(world: World, random: Random, tally: Tally): Troubles {
  let deathsLeft = 0
  let armed: { kind: string; countdown: number } | null = null
  let breakAfter: number | null = null
  let under: Promise<unknown> = Promise.resolve()
  const counting = openCounting(tally)

  const arm = () => {
    armed = deathsLeft > 0 ? drawDeath(random) : null
  }
  const die = (kind: string) => {
    armed = null
    deathsLeft--
    tally.add(kind)
    under = Promise.all([under, world.kill()]).then(arm)
  }
  const passes = (wire: 'api' | 'webhook', passing: Passing) => {
    counting[wire](passing)
    if (breakAfter !== null && --breakAfter <= 0) {
      breakAfter = random.chance(0.5) ? random.between(1, 60) : null
      under = Promise.all([under, breakConnections(world, random, tally)])
    }
    const death = armed ? deaths[armed.kind] : undefined
    if (!armed || death?.wire !== wire || !death.when(passing)) return
    if (--armed.countdown <= 0) die(armed.kind)
  }
  world.watch({
    api: (passing) => passes('api', passing),
    webhook: (passing) => passes('webhook', passing),
  })

  return {
    begin: async (deathsInStep) => {
      deathsLeft = deathsInStep
      breakAfter = random.chance(0.5) ? random.between(1, 120) : null
      arm()
      await setFaults(world, drawWeather(random))
    },
    finish: async () => {
      breakAfter = null
      await under
      while (deathsLeft > 0) {
        await pause(random.between(0, 40))
        die(anyMoment)
        await under
      }
    },
    stop: async () => {
      await under
      await setFaults(world, {})
    },
  }
}

function drawDeath(random: Random): { kind: string; countdown: number } {
  const weights = Object.fromEntries(Object.entries(deaths).map(([kind, { weight }]) => [kind, weight]))
  const kind = random.weigh(weights)
  return { kind, countdown: random.between(1, deaths[kind]?.most ?? 1) }
}

/** Mostly a little of something; now and then a storm, and an outage in which no webhook is sent. */
function drawWeather(random: Random): Faults {
  const kind = random.weigh({ calm: 2, doubled: 2, disordered: 2, lossy: 2, silent: 1, failing: 2, storm: 1 })
  if (kind === 'doubled') return { duplicate: 0.4 }
  if (kind === 'disordered') return { reorder: 0.5, delay_ms: 150 }
  if (kind === 'lossy') return { drop: 0.3, duplicate: 0.1 }
  if (kind === 'silent') return { drop: 1 }
  if (kind === 'failing') return { api_failure: 0.04, api_failure_after: 0.04, rate_limit: 0.02 }
  if (kind === 'storm')
    return { duplicate: 0.2, reorder: 0.3, drop: 0.15, api_failure: 0.02, api_failure_after: 0.03 }
  return {}
}

/** Some or all of the app's connections end in the middle of whatever they carry. */
async function breakConnections(world: World, random: Random, tally: Tally): Promise<void> {
  const share = random.pick([0.2, 0.5, 1])
  const { rows } = await world.pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name IN ('newsstand', 'newsstand jobs') ORDER BY pid",
  )
  const pids = rows.map((row) => row.pid).filter(() => random.chance(share))
  if (pids.length === 0) return
  await world.pool.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids])
  tally.add(broken, pids.length)
}

/** The row that a 500 is counted in, by the headers of its answer. */
export function kindOfFault(headers: Passing['headers']): string {
  const fault = headers['sandbox-fault']
  if (fault === 'before' || fault === 'after') return faulty[fault]
  return headers['idempotent-replayed'] ? keptFault : ownFault
}

/** What the wires show of the sandbox's faults. */
function openCounting(tally: Tally) {
  const seen = new Set<string>()
  return {
    api: ({ status, headers }: Passing) => {
      if (status === 500) tally.add(kindOfFault(headers))
      if (status === 429) tally.add('API calls answered 429')
    },
    webhook: ({ body, status }: Passing) => {
      if (status !== null && status !== 200) return tally.add('webhooks not taken')
      if (status !== null) return
      const { id } = JSON.parse(body.toString('utf8')) as { id: string }
      if (seen.has(id)) tally.add('webhooks sent twice or again')
      seen.add(id)
    },
  }
}
