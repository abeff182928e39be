import { randomInt } from 'node:crypto'
import { BadArguments, readOptions } from './options.ts'
import { runSimulation } from './run-simulation.ts'

try {
  const options = readOptions(process.argv.slice(2), randomInt(2 ** 32 - 1))
  process.exitCode = await runSimulation(options)
} catch (error) {
  if (error instanceof BadArguments) console.error(error.message)
  else console.error(error)
  process.exitCode = 1
}
