import { type Request, Router, text } from 'express'
import type { House } from '../house.ts'
import { answerRequest } from './answer-request.ts'
import { createMatcher, type Endpoint } from './endpoint.ts'

/** The API below /v1: every address there is answered, unknown ones with the API's 404. */
export function apiRoutes(house: House, endpoints: readonly Endpoint[]): Router {
  const match = createMatcher(endpoints)
  const router = Router()
  router.use('/v1', text({ type: () => true, limit: '2mb' }), async (req: Request, res) => {
    const [path = '', query = ''] = req.originalUrl.split('?', 2)
    const reply = await answerRequest(house, match, {
      method: req.method,
      path,
      query,
      body: typeof req.body === 'string' ? req.body : '',
      contentType: req.headers['content-type'] ?? '',
      authorization: req.headers.authorization,
      version: single(req.headers['stripe-version']),
      idempotencyKey: single(req.headers['idempotency-key']),
    })
    // Not by `set`, which would add a charset that the API does not send.
    res.writeHead(reply.status, reply.headers).end(reply.body)
  })
  return router
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
