import { isIPv6 } from 'node:net'

/**
 * The network that a limit counts: an IPv4 address as it is, of an IPv6 address the first 64 bits, since a household
 * has all the rest to itself. `ip` is Express's `req.ip`; 'unknown' when the connection is gone already.
 */
export function networkOf(ip: string | undefined): string {
  if (!ip) return 'unknown'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped) return mapped
  return isIPv6(ip) ? `${groupsOf(ip).slice(0, 4).join(':')}::/64` : ip
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(ip: string): string[] {
  // The URL parser writes every form of an address in the one short form.
  const [head = '', tail = ''] = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname
    .slice(1, -1)
    .split('::')
  const before = head ? head.split(':') : []
  const behind = tail ? tail.split(':') : []
  return [...before, ...Array<string>(8 - before.length - behind.length).fill('0'), ...behind]
}
