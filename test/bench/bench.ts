import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { median } from './measure.ts'
import { type Measured, type Row, rows } from './rows.ts'
import { canPin, pinLoad, startApp } from './servers.ts'

/** One line of the table: medians, the ratio of each round, and whether its median meets the goal. */
interface Result {
  row: string
  app: number
  baseline: number
  unit: string
  ratio: number
  low: number
  high: number
  goal: string
  met: boolean
}

const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const length = values.quick ? { rounds: 3, seconds: 2 } : { rounds: 5, seconds: 5 }
const names = values.only?.split(',') ?? Object.keys(rows)
const unknown = names.filter((name) => !(name in rows))
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. Rows: ${Object.keys(rows).join(', ')}`)
  process.exit(1)
}

console.error(
  `${availableParallelism()} processors; ${canPin ? 'servers on the first, load on the second' : 'nothing pinned'}`,
)
pinLoad()
const app = await startApp()
try {
  const results: Result[] = []
  for (const [index, name] of names.entries()) {
    const row = rows[name]
    if (!row) continue
    console.error(`${index + 1} of ${names.length}: ${name} …`)
    results.push(resultOf(name, row, await row.measure(app, length)))
  }
  console.table(Object.fromEntries(results.map(({ row, ...rest }) => [row, rest])))
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
} finally {
  await app.stop()
}

function resultOf(name: string, { goal }: Row, measured: Measured): Result {
  const ratios = measured.app.map((value, index) => value / (measured.baseline[index] ?? Number.NaN))
  const ratio = median(ratios)
  const met = 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost
  return {
    row: name,
    app: round(median(measured.app)),
    baseline: round(median(measured.baseline)),
    unit: measured.unit,
    ratio: round(ratio),
    low: round(Math.min(...ratios)),
    high: round(Math.max(...ratios)),
    goal: 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`,
    met,
  }
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
