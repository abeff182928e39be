import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changedFields } from '../../../src/sandbox/objects/changed-fields.ts'
import { newId } from '../../../src/sandbox/objects/ids.ts'
import { refsOf } from '../../../src/sandbox/objects/indexes.ts'
import { mergeMetadata } from '../../../src/sandbox/objects/metadata.ts'

describe('ids', () => {
  it('have their prefix, their length, and meet no other', () => {
    const ids = Array.from({ length: 1000 }, () => newId('cus_', 14))
    assert.ok(ids.every((id) => /^cus_[0-9A-Za-z]{14}$/.test(id)))
    assert.equal(new Set(ids).size, 1000)
  })
})

describe('changed fields', () => {
  it('are those that differ, with their old value; inside maps only what differs', () => {
    const before = { a: 1, b: { c: 2, d: 3 }, e: [1, 2], f: null, g: { h: 1 } }
    const after = { a: 1, b: { c: 4, d: 3, i: 5 }, e: [1, 3], f: 'x', g: { h: 1 }, j: 7 }
    assert.deepEqual(changedFields(before, after), { b: { c: 2, i: null }, e: [1, 2], f: null, j: null })
    assert.deepEqual(changedFields(before, before), {})
  })
})

describe('refs', () => {
  it('name what lists are filtered by, and leave out what is not there', () => {
    assert.deepEqual(refsOf('charge', { customer: null, payment_intent: 'pi_1' }), ['payment_intent:pi_1'])
    assert.deepEqual(refsOf('price', { active: false, recurring: { interval: 'year' } }), [
      'active:false',
      'interval:year',
    ])
    assert.deepEqual(refsOf('account', { id: 'acct_1' }), [])
  })
})

describe('metadata', () => {
  it('is merged: null removes a name, null for all clears', () => {
    assert.deepEqual(mergeMetadata({ a: '1' }, undefined), { a: '1' })
    assert.deepEqual(mergeMetadata({ a: '1', b: '2' }, { a: null, c: '3' }), { b: '2', c: '3' })
    assert.deepEqual(mergeMetadata({ a: '1' }, null), {})
  })
})
