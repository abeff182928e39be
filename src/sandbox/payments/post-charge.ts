import type { Work } from '../objects/work.ts'
import { addBalanceTransaction, type Fee, type Settled } from './balance.ts'

/** Gives a new charge that went through its balance transaction: a moment later, or as late as the account is told. */
export function postAfterwards(work: Work, id: string, atOnce: boolean): void {
  const delay = work.account.balance_delay_s
  if (delay > 0) work.hide('charge', id, { balanceAt: work.now + delay })
  else work.afterwards(() => post(work, id, atOnce))
}

/** Gives a charge the balance transaction that time has brought. */
export async function postLate(work: Work, id: string): Promise<void> {
  if (!(await work.take('charge', id))) return
  work.hide('charge', id, { balanceAt: null })
  post(work, id, false)
}

function post(work: Work, id: string, atOnce: boolean): void {
  const charge = work.held('charge', id)
  const transaction = addBalanceTransaction(work, {
    amount: charge.amount,
    fees: (settled) => feesOf(settled, charge.payment_method_details?.type ?? 'card'),
    currency: charge.currency,
    source: id,
    type: 'charge',
    description: charge.description,
    atOnce,
  })
  work.change('charge', id, { balance_transaction: transaction.id }, 'charge.updated')
}

/**
 * What it costs to take a card online in the US, 2.9% and 30 cents; to debit an account, 0.8% up to 5 dollars; by SEPA 0.8%
 * and 30 cents up to 6 dollars; and 1% where money is exchanged: https://stripe.com/pricing (read 2026-11-22).
 */
function feesOf({ amount, exchanged }: Settled, type: string): Fee[] {
  const fee = Math.min(amount, processingFee(amount, type))
  const conversion = exchanged ? Math.min(amount - fee, Math.round(amount * 0.01)) : 0
  const fees = [{ amount: fee, description: 'Stripe processing fees' }]
  return conversion > 0
    ? [...fees, { amount: conversion, description: 'Stripe currency conversion fee' }]
    : fees
}

function processingFee(amount: number, type: string): number {
  if (type === 'us_bank_account') return Math.min(Math.round(amount * 0.008), 500)
  if (type === 'sepa_debit') return Math.min(Math.round(amount * 0.008) + 30, 600)
  return Math.round(amount * 0.029) + 30
}
