import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { kindOfFault } from './troubles.ts'

describe('an API call answered 500', () => {
  it('is counted by what had happened before it failed', () => {
    const kinds = [
      { 'sandbox-fault': 'before' },
      { 'sandbox-fault': 'after' },
      { 'idempotent-replayed': 'true' },
      {},
    ].map(kindOfFault)
    assert.deepEqual(kinds, [
      'API calls answered 500 before their effect',
      'API calls answered 500 after their effect',
      'API calls answered 500 again, as kept under their key',
      'API calls answered 500 by a fault of the sandbox itself',
    ])
  })
})
