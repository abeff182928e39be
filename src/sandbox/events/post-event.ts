import http from 'node:http'
import https from 'node:https'

export interface Posted {
  /** The status of the answer; null: none came, and `error` says why. */
  status: number | null
  error: string | null
}
export type PostEvent = (url: string, body: string, signature: string) => Promise<Posted>

/** Posts events over connections that are kept. An answer is waited for as long as `timeoutMs`; redirects are not followed. */
export function createPoster(timeoutMs: number): { post: PostEvent; close: () => void } {
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  }
  const post: PostEvent = (url, body, signature) =>
    new Promise((resolve) => {
      const failed = (error: Error) => resolve({ status: null, error: error.message || error.name })
      try {
        const secure = url.startsWith('https:')
        const request = (secure ? https : http).request(url, {
          method: 'POST',
          agent: agents[secure ? 'https:' : 'http:'],
          headers: headersOf(body, signature),
        })
        const tooLate = () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`))
        const timer = setTimeout(tooLate, timeoutMs)
        request.on('close', () => clearTimeout(timer))
        request.on('error', failed)
        request.on('response', (response) => {
          response.on('error', failed)
          response.on('end', () => resolve({ status: response.statusCode ?? null, error: null }))
          response.resume()
        })
        request.end(body)
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)))
      }
    })
  return { post, close: () => Object.values(agents).forEach((agent) => void agent.destroy()) }
}

function headersOf(body: string, signature: string): http.OutgoingHttpHeaders {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'stripe-signature': signature,
    'user-agent': 'Stripe/1.0 (newsstand sandbox)',
  }
}
