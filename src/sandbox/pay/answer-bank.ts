import type { Work } from '../objects/work.ts'
import { concludeAtBank } from '../payments/confirm-intent.ts'
import { concludeSetUpAtBank } from '../payments/confirm-setup.ts'

/** Takes the answer given at the bank's page of an intent made over the API. Resolves to where to go on; null: nowhere. */
export async function answerBank(work: Work, id: string, authenticated: boolean): Promise<string | null> {
  if (id.startsWith('seti_')) {
    const setUp = await work.find('setup_intent', id)
    if (setUp?.data.customer) await work.take('customer', setUp.data.customer)
    await concludeSetUpAtBank(work, id, authenticated)
    const stored = await work.find('setup_intent', id)
    return leadingBack(stored?.hidden.return_url, 'setup_intent', id, stored?.data.status === 'succeeded')
  }
  const intent = await work.find('payment_intent', id)
  if (intent?.data.customer) await work.take('customer', intent.data.customer)
  await concludeAtBank(work, id, authenticated)
  const stored = await work.find('payment_intent', id)
  return leadingBack(stored?.hidden.returnUrl, 'payment_intent', id, stored?.data.status === 'succeeded')
}

function leadingBack(
  url: string | null | undefined,
  name: string,
  id: string,
  succeeded: boolean,
): string | null {
  if (!url) return null
  const address = new URL(url)
  address.searchParams.set(name, id)
  address.searchParams.set('redirect_status', succeeded ? 'succeeded' : 'failed')
  return address.href
}
