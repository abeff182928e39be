import type { Verdict } from './checker.ts'
import { travel } from './journey.ts'
import { findSchemas, NoSchemas, type Schemas } from './schemas.ts'
import { sendRecorded } from './send-recorded.ts'
import { openStand } from './stand.ts'

/** A checker that saw less than this missed most of the journey, and proved nothing. */
const fewest = { exchanges: 1200, events: 2000 }
const mostShown = 40
/** Ids differ from run to run; the names of fields have no digits. */
const anId = /_(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}/g

try {
  const schemas = findSchemas(process.env.STRIPE_SCHEMAS)
  if (schemas) process.exitCode = await check(schemas)
  else
    console.log(
      'Not checked: STRIPE_SCHEMAS names no folder with spec3.json and stripe-conformance.mjs. Stripe publishes its OpenAPI document at https://github.com/stripe/openapi.',
    )
} catch (error) {
  console.error(error instanceof NoSchemas ? error.message : error)
  process.exitCode = 1
}

async function check(schemas: Schemas): Promise<number> {
  const stand = await openStand(schemas)
  const stop = () => void stand.close().finally(() => process.exit(130))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    await travel(stand, (chapter) => console.log(chapter))
    const recorded = schemas.events ? await sendRecorded(stand, schemas.events) : 0
    const { exchanges, events } = await stand.finish()
    console.log(`recorded events that were taken: ${recorded}`)
    console.log(`exchanges checked: ${exchanges.checked}, violations: ${exchanges.violations.length}`)
    console.log(`events checked: ${events.checked}, violations: ${events.violations.length}`)
    const problems = [...problemsOf('exchanges', exchanges), ...problemsOf('events', events)]
    for (const problem of problems.slice(0, mostShown)) console.error(`  ${problem}`)
    if (problems.length > mostShown) console.error(`  and ${problems.length - mostShown} kinds more`)
    return problems.length === 0 ? 0 : 1
  } finally {
    await stand.close()
  }
}

/** Each kind of violation once, with how often it was seen. */
function problemsOf(what: keyof typeof fewest, { checked, violations }: Verdict): string[] {
  const kinds = Map.groupBy(
    violations,
    ({ about, where, message }) =>
      `${about.replaceAll(anId, '_*')}: ${where}: ${message.replaceAll(anId, '_*')}`,
  )
  const seen = [...kinds].map(([kind, each]) => `${each.length} times: ${kind}`)
  if (checked >= fewest[what]) return seen
  return [...seen, `only ${checked} ${what} were checked, ${fewest[what]} at least should have been`]
}
