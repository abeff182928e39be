import type { Newsstand } from './newsstand.ts'
import { choose, goToPayment, type Visitor } from './personas.ts'

/**
 * Two payment pages for one new address, open at once in two browsers. The second checkout closes the first one's page
 * unless it overlooks it: so, for the moment, the first order is not found under its address.
 */
export async function openTwoPages(
  newsstand: Newsstand,
  email: string,
  plans: readonly [string | string[], string | string[]],
  { code = '' } = {},
): Promise<[{ visitor: Visitor; page: string }, { visitor: Visitor; page: string }]> {
  const open = async (wanted: string | string[]) => {
    const visitor = newsstand.visitor()
    for (const plan of [wanted].flat()) await choose(visitor, plan)
    if (code) await visitor.post('/cart/promotion').type('form').send({ code }).expect(303)
    return { visitor, page: await goToPayment(visitor, email) }
  }
  const rename = (from: string, to: string) =>
    newsstand.db.updateTable('orders').set({ email: to }).where('email', '=', from).execute()
  const first = await open(plans[0])
  await rename(email, `hidden-${email}`)
  const second = await open(plans[1])
  await rename(`hidden-${email}`, email)
  return [first, second]
}
