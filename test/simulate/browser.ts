import { setTimeout as pause } from 'node:timers/promises'

export interface Page {
  status: number
  /** The path and query of a redirect; '' where there is none. */
  location: string
  text: string
}

/** One reader's browser without JavaScript: keeps cookies, follows no redirect by itself, and tries again as people do. */
export interface Browser {
  get: (path: string) => Promise<Page>
  post: (path: string, fields: Record<string, string>) => Promise<Page>
}

/** Nobody waits longer than this for a page that does not come. */
const patienceMs = 15_000
/** A line that is cut, a program that is starting, or one that could not reach its database. */
const passingTroubles = [500, 502, 503]

/** `network`: the address that it comes from, since limits are counted by it. `onFailure` hears of each try that failed. */
export function openBrowser(baseUrl: string, network: string, onFailure: () => void): Browser {
  const cookies = new Map<string, string>()
  const ask = async (method: string, path: string, fields?: Record<string, string>): Promise<Page> => {
    const headers: Record<string, string> = {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'x-forwarded-for': network,
    }
    const body = fields ? new URLSearchParams(fields) : null
    const signal = AbortSignal.timeout(patienceMs)
    const answer = await fetch(baseUrl + path, { method, headers, body, redirect: 'manual', signal })
    for (const line of answer.headers.getSetCookie()) keep(cookies, line)
    return {
      status: answer.status,
      location: localPart(answer.headers.get('location')),
      text: await answer.text(),
    }
  }
  const patiently = async (...request: Parameters<typeof ask>): Promise<Page> => {
    const deadline = performance.now() + patienceMs
    for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
      const page = await ask(...request).catch(() => null)
      if (page && !passingTroubles.includes(page.status)) return page
      onFailure()
      if (performance.now() > deadline) return page ?? { status: 0, location: '', text: '' }
      await pause(wait)
    }
  }
  return { get: (path) => patiently('GET', path), post: (path, fields) => patiently('POST', path, fields) }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';')
  const name = pair.slice(0, pair.indexOf('='))
  const ended = attributes.some((one) => /^\s*(max-age=0|expires=Thu, 01 Jan 1970)/i.test(one))
  if (ended) cookies.delete(name)
  else cookies.set(name, pair.slice(name.length + 1))
}

/** An address of the payment page is kept whole, one of the paper's own is shortened to its path. */
function localPart(location: string | null): string {
  if (!location) return ''
  if (location.startsWith('/')) return location
  const { pathname, search } = new URL(location)
  return pathname.startsWith('/pay/') ? location : pathname + search
}
