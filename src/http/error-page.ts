import type { ErrorRequestHandler } from 'express'
import { PublicError, TooManyRequests } from '../errors.ts'
import type { Render } from './render.ts'

const headings: Record<number, string> = {
  400: 'That request cannot be read',
  403: 'Not from here',
  404: 'Nothing at this address',
  409: 'That does not fit what is there now',
  413: 'That is too large',
  422: 'That cannot be used',
  429: 'A little slower, please',
}

/** The last handler: people get a page in plain words, the log gets the fault, nobody gets internals. */
export function errorPage(render: Render, log: (error: unknown) => void): ErrorRequestHandler {
  return async (error, req, res, next) => {
    const status = statusOf(error)
    if (status >= 500) log(error)
    if (res.headersSent) return next(error)
    if (error instanceof TooManyRequests) res.set('Retry-After', String(error.retryAfterSeconds))
    const heading = headings[status] ?? 'Something went wrong'
    const text = error instanceof PublicError ? error.message : textOf(status)
    const model = { status, heading, text, back: { url: '/', label: 'To the front page' } }
    try {
      await render(req, res, { view: 'errors/error', title: heading, status, model, noindex: true })
    } catch (fault) {
      // The page itself may need what just failed, the database above all.
      log(fault)
      res.status(status).type('text/plain').send(`${heading}. ${text}\n`)
    }
  }
}

/** Express and its parsers mark a client's fault with `status`; everything unmarked is ours. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
  return status >= 400 && status < 600 ? status : 500
}

function textOf(status: number): string {
  if (status === 413) return 'Send less at once.'
  if (status < 500) return 'Check the address, or go back and try again.'
  return 'The fault is ours and has been written down. Nothing was charged that you were not told of. Please try again in a moment.'
}
