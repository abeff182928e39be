import type { RequestHandler } from 'express'
import helmet from 'helmet'

/** Stripe's pages that our forms end up on: https://docs.stripe.com/security/guide (read 2026-11-22). */
const stripePages = ['https://checkout.stripe.com', 'https://billing.stripe.com']

/**
 * Content-Security-Policy without inline script or style, and the other usual headers. `sandboxUrl` takes the place of
 * Stripe's pages as an address that a form may end on (a browser blocks the checkout's redirect otherwise).
 */
export function securityHeaders(options: { https: boolean; sandboxUrl: string | null }): RequestHandler {
  const paymentPages = options.sandboxUrl ? [new URL(options.sandboxUrl).origin] : stripePages
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'", ...paymentPages],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    strictTransportSecurity: options.https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
  })
}
