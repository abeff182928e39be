import { continueAfterBank, type PaidSession, paySession } from '../checkout/pay-session.ts'
import type { Shapes } from '../objects/shapes.ts'
import type { Stored, Work } from '../objects/work.ts'
import { routingNumber, testAccounts } from '../payments/test-accounts.ts'
import { enterPromotion } from './enter-promotion.ts'
import { type Attempt, payPage } from './pay-page.ts'
import { demandsOf, type FormValues, readForm } from './read-form.ts'

export type Session = Shapes['checkout.session']
/** What the page does next: goes on elsewhere, is shown, says that it is closed or has lost its customer, or is not there (null). */
export type Next =
  | { to: string }
  | { page: object; status: number }
  | { closed: Session }
  | { orphaned: Session }
  | null

const nothingTried: Attempt = { values: {}, problems: {}, message: null }

/** The page of a session as it stands; null: there is none. */
export async function show(work: Work, stored: Stored<'checkout.session'> | null): Promise<Next> {
  if (!stored) return null
  if (!isOpen(work, stored)) return { closed: stored.data }
  if (await isOrphaned(work, stored)) return { orphaned: stored.data }
  return { page: await payPage(work, stored, nothingTried), status: 200 }
}

/** Time may have passed an open session whose expiry has not been told yet. */
export function isOpen(work: Work, { data }: Stored<'checkout.session'>): boolean {
  return data.status === 'open' && data.expires_at > work.now
}

/**
 * Whether its customer was deleted since. What Stripe's own page does then is written nowhere (looked for 2026-11-22): a
 * deleted customer can pay for nothing, so this page takes nothing.
 */
async function isOrphaned(work: Work, { data }: Stored<'checkout.session'>): Promise<boolean> {
  return data.customer !== null && ((await work.find('customer', data.customer))?.deleted ?? false)
}

/** Who posts twice has paid once, and belongs where the first post led. */
export function afterTheEnd(session: Session): Next {
  return session.status === 'complete' ? { to: successUrl(session) } : { closed: session }
}

/** Where a paid session leads, with its id filled in. */
export function successUrl(session: Session): string {
  return (session.success_url ?? '/').replaceAll('{CHECKOUT_SESSION_ID}', session.id)
}

/** Takes the posted form: pays, asks the bank, or shows the form again with what is wrong. */
export async function pay(work: Work, stored: Stored<'checkout.session'>, values: FormValues): Promise<Next> {
  if (await isOrphaned(work, stored)) return { orphaned: stored.data }
  if (values.fill) return again(work, stored, { values: filled(values), problems: {}, message: null }, 200)
  const customer = stored.data.customer ? await work.find('customer', stored.data.customer) : null
  const email = customer?.data.email ?? stored.data.customer_email
  const form = readForm(values, demandsOf(stored.data, email, work.now))
  if ('problems' in form)
    return again(work, stored, { values: kept(values), problems: form.problems, message: null }, 422)
  return follow(work, stored, values, await paySession(work, stored, form.buyer))
}

async function follow(
  work: Work,
  stored: Stored<'checkout.session'>,
  values: FormValues,
  paid: PaidSession | null,
): Promise<Next> {
  const { id } = stored.data
  if (!paid) return { to: `/pay/${id}` }
  if (paid.outcome === 'completed') return { to: successUrl(paid.session) }
  if (paid.outcome === 'requires_action') return { to: `/pay/${id}/bank` }
  const present = (await work.find('checkout.session', id)) ?? stored
  return again(work, present, { values: kept(values), problems: {}, message: paid.message }, 402)
}

/** Takes the answer given at the bank's page. */
export async function afterBank(
  work: Work,
  stored: Stored<'checkout.session'>,
  authenticated: boolean,
): Promise<Next> {
  if (await isOrphaned(work, stored)) return { orphaned: stored.data }
  const details = stored.data.customer_details
  const values = {
    email: details?.email ?? '',
    name: details?.name ?? '',
    country: details?.address?.country ?? '',
  }
  return follow(work, stored, values, await continueAfterBank(work, stored, authenticated))
}

/** Takes a promotion code, or takes it off. */
export async function promote(
  work: Work,
  stored: Stored<'checkout.session'>,
  values: FormValues,
): Promise<Next> {
  const problem = await enterPromotion(work, stored, values.promotion_code ?? '')
  if (!problem) return { to: `/pay/${stored.data.id}` }
  return again(work, stored, { values: kept(values), problems: {}, message: problem }, 422)
}

async function again(
  work: Work,
  stored: Stored<'checkout.session'>,
  attempt: Attempt,
  status: number,
): Promise<Next> {
  return { page: await payPage(work, stored, attempt), status }
}

/** A form that is shown again does not repeat the card's secrets. */
function kept(values: FormValues): FormValues {
  const { card_number: _, cvc: __, exp: ___, account_number: _a, iban: _i, ...rest } = values
  return rest
}

function filled(values: FormValues): FormValues {
  const account = testAccounts.find((one) => one.number === values.fill)
  if (account) {
    const number = account.type === 'sepa_debit' ? 'iban' : 'account_number'
    return {
      ...values,
      pay_with: account.type,
      [number]: account.number,
      routing_number: routingNumber,
      name: values.name || 'Test Buyer',
    }
  }
  return {
    ...values,
    pay_with: 'card',
    card_number: values.fill ?? '',
    exp: '12/34',
    cvc: values.fill?.startsWith('3') ? '1234' : '123',
    name: values.name || 'Test Buyer',
  }
}
