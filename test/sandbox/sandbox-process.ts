import { startSandbox } from '../../src/sandbox/start-sandbox.ts'

/** A sandbox in a process of its own, for tests that kill it: database and webhook address in, its port out. */
const [databaseUrl = '', webhookUrl = ''] = process.argv.slice(2)
const sandbox = await startSandbox({ databaseUrl, port: 0, webhookUrl })
process.stdout.write(`${sandbox.port}\n`)
