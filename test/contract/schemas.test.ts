import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { makeScratch } from '../support/scratch.ts'
import { findSchemas, NoSchemas } from './schemas.ts'

describe('the folder of Stripe’s schemas', () => {
  it('need not be named', () => {
    for (const folder of [undefined, '', '  ']) assert.equal(findSchemas(folder), null)
  })

  it('is refused in one line where something is missing', async (t) => {
    const folder = await makeScratch(t)
    await writeFile(join(folder, 'spec3.json'), '{}')
    assert.throws(
      () => findSchemas(folder),
      (error) => error instanceof NoSchemas && /has no stripe-conformance\.mjs: /.test(error.message),
    )
    assert.throws(() => findSchemas('/nowhere/at/all'), NoSchemas)
  })

  it('is taken with or without recorded events', async (t) => {
    const folder = await makeScratch(t)
    for (const name of ['spec3.json', 'stripe-conformance.mjs']) await writeFile(join(folder, name), '')
    assert.equal(findSchemas(folder)?.events, null)
    await mkdir(join(folder, 'events'))
    assert.equal(findSchemas(folder)?.events, join(folder, 'events'))
  })
})
