import type { Mode } from '../settings.ts'

const folders: Record<string, string> = {
  Customer: 'customers',
  'Payment intent': 'payments',
  Subscription: 'subscriptions',
}

/** Where Stripe's dashboard shows an object; null: nowhere (the sandbox's, or a kind without a page of its own). */
export function dashboardUrl(mode: Mode, label: string, id: string): string | null {
  const folder = folders[label]
  if (!folder || mode === 'sandbox') return null
  return `https://dashboard.stripe.com/${mode === 'test' ? 'test/' : ''}${folder}/${encodeURIComponent(id)}`
}
