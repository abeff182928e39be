import { createInterface } from 'node:readline'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded.ts'

/**
 * A program that holds the embedded server, to be killed by tests: `node tenant-process.ts DATA_DIR`. It says each
 * thing in a line of JSON, answers SQL given in lines on its input, and lets go at `release`, at the input's end, or,
 * after a last statement, at SIGINT.
 */
const say = (word: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(word)}\n`)

process.once('SIGINT', async () => {
  await new Promise((resolve) => setTimeout(resolve, 200))
  await answer("SELECT 'drained' AS said")
  await leave()
})

const began = performance.now()
const server = await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? '',
  onNotice: (text) => say({ notice: text }),
}).catch((error: Error) => {
  say({ error: error.name, message: error.message })
  process.exit(1)
})
say({ url: server.url, startMs: Math.round(performance.now() - began) })

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => void (line === 'release' ? leave() : answer(line)))
lines.on('close', () => void leave())

async function answer(statement: string): Promise<void> {
  const client = new pg.Client(server.url)
  client.on('error', () => {})
  try {
    await client.connect()
    say({ rows: (await client.query(statement)).rows })
  } catch (error) {
    say({ rows: null, failure: String(error) })
  } finally {
    await client.end().catch(() => {})
  }
}

async function leave(): Promise<void> {
  await server.release()
  say({ released: true })
  process.exit(0)
}
