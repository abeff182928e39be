import assert from 'node:assert/strict'
import { inTransaction } from '../../src/db/database.ts'
import { readerForPaidEmail } from '../../src/readers/paid-reader.ts'
import { cookieOf, type House, publicationTime } from './house.ts'

/** A reader who has just paid with a new address. Returns the Cookie header of the browser that did. */
export async function openUnproved(
  house: House,
  email: string,
): Promise<{ readerId: string; cookie: string }> {
  return inTransaction(house.db, async (tx) => {
    const { readerId, created } = await readerForPaidEmail(tx, email, publicationTime)
    assert.equal(created, true)
    const setCookie = await house.readers.openUnprovedSession(tx, readerId)
    assert.ok(setCookie)
    return { readerId, cookie: cookieOf(setCookie) }
  })
}
