import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { Response } from 'express'
import { type Money, toDecimal } from '../money/money.ts'

/** Text, a moment (written in ISO 8601, UTC), or an amount (written as a decimal, without grouping or currency). */
export type CsvField = string | Date | Money | null

/**
 * Sends rows as a file while they are read, so that its length costs no memory; the header row comes even where no row
 * does. A text that a spreadsheet would take for a formula is sent with an apostrophe before it; amounts are not.
 */
export async function sendCsv(
  res: Response,
  name: string,
  columns: string[],
  rows: AsyncIterable<CsvField[]>,
): Promise<void> {
  res.type('text/csv').attachment(name).set('Cache-Control', 'private, no-store')
  const lines = stringify({
    header: true,
    columns,
    escape_formulas: true,
    cast: {
      date: (at) => at.toISOString(),
      object: (amount) => ({ value: toDecimal(amount as Money), escape_formulas: false }),
    },
  })
  try {
    await pipeline(Readable.from(rows), lines, res)
  } catch (error) {
    // Whoever asked has gone away: nobody is left to be told.
    if (!isClosedEarly(error)) throw error
  }
}

function isClosedEarly(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
