import type { RequestHandler } from 'express'

/**
 * Refuses what did not come to the sandbox by its own name: a page of somebody else's whose name was made to lead to
 * this machine could otherwise read the mailbox, and one that posts here could move the clock.
 */
export function guard(publicHost: string): RequestHandler {
  const known = new Set(['localhost', '127.0.0.1', '[::1]', publicHost])
  return (req, res, next) => {
    const host = (req.headers.host ?? '').replace(/:\d+$/, '')
    if (!known.has(host)) {
      res.status(421).type('text').send('The sandbox is at localhost, and answers to no other name.\n')
    } else if (req.method === 'POST' && req.headers['sec-fetch-site'] === 'cross-site') {
      res.status(403).type('text').send('The sandbox takes no forms from other sites.\n')
    } else next()
  }
}

/** Whether a browser asks for a page, and not a program for data. */
export function wantsPage(accept: string | undefined): boolean {
  return (accept ?? '').includes('text/html')
}
