import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What the server says to each recipient. */
type Verdict = '250 taken' | '550 no such mailbox' | '451 try later'

export interface MailServer {
  url: string
  /** The messages taken, headers and all. */
  taken: string[]
  verdict: Verdict
  stop: () => Promise<void>
}

/** A mail server that speaks just enough SMTP to take or refuse one message at a time. */
export async function startMailServer(): Promise<MailServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    serve(socket, state)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const state: MailServer = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: [],
    verdict: '250 taken',
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return state
}

function serve(socket: Socket, state: MailServer): void {
  let message: string | null = null
  let rest = ''
  const answer = (text: string) => socket.write(`${text}\r\n`)
  const hear = (line: string) => {
    if (message !== null) {
      if (line !== '.') message += `${line}\n`
      else {
        state.taken.push(message)
        message = null
        answer('250 kept')
      }
    } else if (/^RCPT/i.test(line)) answer(state.verdict)
    else if (/^DATA/i.test(line)) {
      message = ''
      answer('354 go on')
    } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
    else answer('250 yes')
  }
  answer('220 here')
  socket.on('error', () => {})
  socket.on('data', (data) => {
    const lines = (rest + data).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
}
