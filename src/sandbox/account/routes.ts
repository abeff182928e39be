import { json, type Request, type Response, Router, urlencoded } from 'express'
import { type House, inWork, readPresent } from '../house.ts'
import { wantsPage } from '../pages/guard.ts'
import type { Render } from '../pages/render.ts'
import { type AccountSettings, changeAccountSettings } from './account-settings.ts'
import { exchangeable } from './exchange-rates.ts'

/** How the account is paid: in which currency, and how long after a charge. */
export function accountRoutes(house: House, render: Render): Router {
  const router = Router()
  router.get('/account', async (req, res) => {
    const { account } = await readPresent(house)
    if (!wantsPage(req.headers.accept)) return void res.json(account)
    await showAccount(res, account, null)
  })
  router.post('/account', urlencoded({ extended: false }), json(), async (req: Request, res: Response) => {
    const { account } = await readPresent(house)
    const changed = changeAccountSettings(account, Object(req.body))
    const forPage = wantsPage(req.headers.accept)
    if ('problem' in changed) {
      if (forPage) return showAccount(res, account, changed.problem, 422)
      return void res.status(422).json({ error: changed.problem })
    }
    await storeSettings(house, changed)
    if (forPage) return res.redirect(303, '/account')
    res.json(changed)
  })
  return router

  async function showAccount(
    res: Response,
    account: AccountSettings,
    problem: string | null,
    status = 200,
  ): Promise<void> {
    const page = { ...account, currencies: exchangeable, problem }
    await render(res, 'account', { title: 'Account', part: 'account', ...page }, status)
  }
}

/** The account's own object says which currency it is paid in. */
function storeSettings(house: House, settings: AccountSettings): Promise<void> {
  return inWork(house, async (work) => {
    const [found] = await work.list('account', {}, 1)
    const account = found && (await work.take('account', found.data.id))
    const default_currency = settings.settlement_currency ?? 'usd'
    if (account) work.change('account', account.data.id, { default_currency })
    await work.tx
      .updateTable('account_settings')
      .set({ settings: JSON.stringify(settings) })
      .execute()
  })
}
