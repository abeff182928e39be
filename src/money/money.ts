import * as dinero from 'dinero.js'
import { type Currency, currencyOf } from './currency.ts'

/**
 * An amount in one currency, exact to its smallest unit. The only money type in the house: bare integers of minor
 * units exist at the database's and Stripe's edges alone. Amounts of two currencies do not mix: every function that
 * takes two throws a TypeError then, and a RangeError where a result is no safe integer.
 */
export type Money = dinero.Dinero<number, string>

/** From minor units (cents, yen, fils): `money(13000, 'USD')` is $130.00. Throws RangeError unless a safe integer. */
export function money(minorUnits: number, currencyCode: string): Money {
  return make(minorUnits, currencyOf(currencyCode))
}

export function zero(currencyCode: string): Money {
  return money(0, currencyCode)
}

export function minorUnits(amount: Money): number {
  return dinero.toSnapshot(amount).amount
}

/** The ISO code, upper case. */
export function currencyCode(amount: Money): string {
  return dinero.toSnapshot(amount).currency.code
}

export function add(a: Money, b: Money): Money {
  return checked(dinero.add(...same(a, b)))
}

export function subtract(a: Money, b: Money): Money {
  return checked(dinero.subtract(...same(a, b)))
}

/** As much the other way: what was given is taken. */
export function negate(amount: Money): Money {
  return subtract(zero(currencyCode(amount)), amount)
}

/** The sum of any number of amounts; zero of `currencyCode` for none. */
export function sum(amounts: readonly Money[], currencyCode: string): Money {
  return amounts.reduce(add, zero(currencyCode))
}

/** `quantity` times the amount. Throws RangeError unless `quantity` is an integer. */
export function times(amount: Money, quantity: number): Money {
  if (!Number.isSafeInteger(quantity)) throw new RangeError(`a quantity must be a whole number: ${quantity}`)
  return checked(dinero.multiply(amount, quantity))
}

/** Splits by whole-number ratios so that the parts add up to the whole; the first parts get what does not divide. */
export function allocate(amount: Money, ratios: readonly number[]): Money[] {
  return dinero.allocate(amount, ratios)
}

/** `percent` of the amount (at most two decimals, 0 to 100), rounded half away from zero as Stripe rounds discounts. */
export function percentOf(amount: Money, percent: number): Money {
  const hundredths = Math.round(percent * 100)
  const scaled = dinero.multiply(amount, { amount: hundredths, scale: 4 })
  return checked(dinero.transformScale(scaled, scaleOf(amount), dinero.halfAwayFromZero))
}

export function isZero(amount: Money): boolean {
  return minorUnits(amount) === 0
}

export function equal(a: Money, b: Money): boolean {
  return dinero.equal(...same(a, b))
}

/** Negative, 0 or positive, for sorting. */
export function compare(a: Money, b: Money): number {
  return dinero.compare(...same(a, b))
}

export function least(a: Money, b: Money): Money {
  return compare(a, b) <= 0 ? a : b
}

/** For machines: "130.00", "500" for yen, "-1.500" for dinars; no grouping, no symbol. */
export function toDecimal(amount: Money): string {
  return dinero.toDecimal(amount)
}

function make(amount: number, currency: Currency): Money {
  if (!Number.isSafeInteger(amount))
    throw new RangeError(`an amount must be a whole number of minor units: ${amount}`)
  return dinero.dinero({ amount: amount === 0 ? 0 : amount, currency })
}

function checked(amount: Money): Money {
  return make(minorUnits(amount), currencyOf(currencyCode(amount)))
}

function same(a: Money, b: Money): [Money, Money] {
  if (currencyCode(a) !== currencyCode(b)) {
    throw new TypeError(`${currencyCode(a)} and ${currencyCode(b)} do not mix`)
  }
  return [a, b]
}

function scaleOf(amount: Money): number {
  return dinero.toSnapshot(amount).scale
}
