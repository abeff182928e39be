import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CannotStart } from '../errors.ts'

/** Begins to listen; port 0 picks a free one. Returns the port. Throws CannotStart that names the setting to change. */
export async function listen(
  server: Server,
  where: { host: string; port: number; setting: string },
): Promise<number> {
  const { host, port, setting } = where
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, where)))
    server.listen({ host, port }, () => resolve())
  })
  server.removeAllListeners('error')
  const address = server.address()
  if (!isAddressInfo(address)) throw new CannotStart(`${setting} ${port} on ${host} cannot be listened on.`)
  return address.port
}

function isAddressInfo(address: ReturnType<Server['address']>): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function explain(
  error: NodeJS.ErrnoException,
  { host, port, setting }: { host: string; port: number; setting: string },
): Error {
  if (error.code === 'EADDRINUSE') {
    return new CannotStart(
      `Port ${port} is in use: stop what listens there, or set ${setting} to another (0 picks a free one).`,
    )
  }
  if (error.code === 'EACCES')
    return new CannotStart(`Port ${port} may not be used: set ${setting} to one above 1023.`)
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new CannotStart(
      `HOST ${host} is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all of them.`,
    )
  }
  return error
}

/** Takes no new requests, lets those in flight end, and cuts what is left after `patienceMs`. */
export async function drain(server: Server, patienceMs: number): Promise<void> {
  if (!server.listening) return
  const cut = setTimeout(() => server.closeAllConnections(), patienceMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(cut)
}
