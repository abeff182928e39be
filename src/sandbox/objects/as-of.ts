import type { Kind, Shapes } from './shapes.ts'

/** An object as it is at `now` (seconds): a balance transaction's money becomes available without anyone doing anything. */
export function asOf<T extends object>(kind: Kind, data: T, now: number): T {
  if (kind !== 'balance_transaction') return data
  const { available_on, status } = data as unknown as Shapes['balance_transaction']
  return status === 'pending' && available_on <= now ? { ...data, status: 'available' } : data
}
