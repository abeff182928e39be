import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { freePort } from './program.ts'
import { openWire, type Passing } from './wire.ts'

describe('a wire between two programs', () => {
  it('hands on request and answer unchanged, and shows both', async (t) => {
    const server = createServer(async (req, res) => {
      const chunks = await req.toArray()
      res.writeHead(201, { 'x-said': 'yes' }).end(`${req.method} ${req.url} ${Buffer.concat(chunks)}`)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const seen: (number | null)[] = []
    const note = ({ status }: Passing) => void seen.push(status)
    const to = () => `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const wire = await openWire({ to, onRequest: note, onAnswer: note })
    t.after(async () => {
      await wire.close()
      server.close()
      server.closeAllConnections()
    })
    const answer = await fetch(`${wire.url}/v1/x?y=1`, { method: 'POST', body: 'ä=1' })
    assert.deepEqual([answer.status, answer.headers.get('x-said')], [201, 'yes'])
    assert.equal(await answer.text(), 'POST /v1/x?y=1 ä=1')
    assert.deepEqual(seen, [null, 201])
  })

  it('is cut where the other end is dead, and says so', async (t) => {
    const port = await freePort()
    const seen: (number | null)[] = []
    const wire = await openWire({
      to: () => `http://127.0.0.1:${port}`,
      onAnswer: ({ status }) => void seen.push(status),
    })
    t.after(wire.close)
    await assert.rejects(fetch(wire.url))
    assert.deepEqual(seen, [0])
  })
})
