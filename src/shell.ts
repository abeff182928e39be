import type { Request } from 'express'
import type { CartDeps } from './cart/change-cart.ts'
import { smallCart } from './cart/pages.ts'
import { cartIdOf, pricedCartOf } from './cart/routes.ts'
import type { Assets } from './http/assets.ts'
import type { Calendar } from './http/moment.ts'
import type { Shell } from './http/render.ts'
import { sessionOf } from './readers/load-session.ts'

export interface ShellDeps extends CartDeps {
  calendar: Calendar
  assets: Assets
  publicUrl: string
  /** null: this is no sandbox. */
  sandboxUrl: string | null
}

/** What every page has around its content. Whoever has neither session nor cart gets the same as everyone. */
export function openShell(deps: ShellDeps): (req: Request) => Promise<Shell> {
  const { installation, calendar, assets, publicUrl, sandboxUrl } = deps
  const publication = {
    name: installation.publication_name,
    tagline: installation.tagline,
    locale: installation.locale,
  }
  const sandbox = sandboxUrl ? { mailUrl: `${sandboxUrl}/mail`, clockUrl: `${sandboxUrl}/clock` } : null
  return async (req) => {
    const session = sessionOf(req)
    return {
      publication,
      today: calendar.weekday(deps.clock()),
      url: publicUrl,
      path: req.originalUrl.split('?', 1)[0] ?? '/',
      personal: session !== null || cartIdOf(req) !== null,
      reader: session ? { email: session.email, staffRole: session.staffRole, proved: session.proved } : null,
      cart: smallCart(await pricedCartOf(deps, req), installation.locale),
      sandbox,
      assets: assets.url,
    }
  }
}
