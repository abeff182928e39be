import type { CheckoutDeps } from '../checkout/deps.ts'

/** What comparing and mending work with. */
export type ReconcileDeps = CheckoutDeps
