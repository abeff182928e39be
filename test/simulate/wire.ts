import { once } from 'node:events'
import http from 'node:http'

/** A request on its way over a wire. */
export interface Passing {
  method: string
  path: string
  body: Buffer
  /** Of the answer; null before there is one, 0 where none came. */
  status: number | null
  /** Of the answer; empty before there is one. */
  headers: http.IncomingHttpHeaders
}

export interface Wire {
  url: string
  close: () => Promise<void>
}

export interface WireOptions {
  /** Where it leads: an address without a path; asked anew for each request. */
  to: () => string
  /** Called when a request has come, before it goes on. */
  onRequest?: (passing: Passing) => void
  /** Called when the answer is here, before it is handed back. */
  onAnswer?: (passing: Passing) => void
}

/** A wire between two programs that can be watched: hands on every request and answer unchanged. */
export async function openWire(options: WireOptions): Promise<Wire> {
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer(async (req, res) => {
    try {
      await handOn(options, agent, req, res)
    } catch {
      // An end that cannot be reached looks to the other like a line that was cut.
      res.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the wire has no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

async function handOn(
  options: WireOptions,
  agent: http.Agent,
  req: http.IncomingMessage,
  res: http.ServerResponse,
): Promise<void> {
  const passing: Passing = {
    method: req.method ?? 'GET',
    path: req.url ?? '/',
    body: await readAll(req),
    status: null,
    headers: {},
  }
  options.onRequest?.(passing)
  const { hostname, port, host } = new URL(options.to())
  const headers = { ...req.headers, host }
  const onward = http.request({ agent, hostname, port, method: req.method, path: req.url, headers })
  onward.end(passing.body)
  try {
    const [answer] = (await once(onward, 'response')) as [http.IncomingMessage]
    const body = await readAll(answer)
    passing.status = answer.statusCode ?? 0
    passing.headers = answer.headers
    options.onAnswer?.(passing)
    res.writeHead(passing.status, answer.headers)
    res.end(body)
  } catch (error) {
    if (passing.status === null) options.onAnswer?.(Object.assign(passing, { status: 0 }))
    throw error
  }
}

async function readAll(stream: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
