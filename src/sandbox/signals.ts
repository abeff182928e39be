import type pg from 'pg'
import type { Log } from './house.ts'

export const channels = {
  events: 'sandbox_events',
  clock: 'sandbox_clock',
  acknowledged: 'sandbox_acknowledged',
} as const
export type Channel = (typeof channels)[keyof typeof channels]

export interface Signals {
  /** The PostgreSQL session that stands for this process; another one after the connection was lost. */
  session: () => number
  on: (channel: Channel, listener: () => void) => void
  close: () => void
}

/**
 * One connection that listens for what other processes did to the same sandbox. When it breaks, it is opened again after
 * a second, and every listener is called once, since something may have been missed.
 */
export async function openSignals(pool: pg.Pool, log: Log): Promise<Signals> {
  const listeners: { channel: Channel; listener: () => void }[] = []
  let client: pg.PoolClient | null = null
  let session = 0
  let closed = false
  let retry: NodeJS.Timeout | undefined

  const call = (channel: string | null) => {
    for (const one of listeners) if (channel === null || one.channel === channel) one.listener()
  }
  const connect = async () => {
    const opened = await pool.connect()
    opened.on('notification', (message) => call(message.channel))
    opened.on('error', () => lost(opened))
    try {
      for (const channel of Object.values(channels)) await opened.query(`listen ${channel}`)
      const { rows } = await opened.query<{ pid: number }>('select pg_backend_pid() as pid')
      session = rows[0]?.pid ?? 0
    } catch (error) {
      // A client that is never given back keeps the pool from ending.
      opened.release(true)
      throw error
    }
    client = opened
  }
  const lost = (broken: pg.PoolClient) => {
    if (client !== broken || closed) return
    client = null
    broken.release(true)
    log({ level: 'warn', msg: 'the sandbox lost its listening connection and opens another' })
    again()
  }
  const again = () => {
    retry = setTimeout(() => {
      if (!closed) connect().then(() => call(null), again)
    }, 1000)
  }

  await connect()
  return {
    session: () => session,
    on: (channel, listener) => listeners.push({ channel, listener }),
    close: () => {
      closed = true
      clearTimeout(retry)
      client?.release(true)
    },
  }
}
