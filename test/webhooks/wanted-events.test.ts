import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { handlers } from '../../src/webhooks/events/table.ts'

it('README has a publisher choose exactly the events that are handled', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
  const list = /```events\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  assert.deepEqual(list.trim().split(/\s+/).toSorted(), Object.keys(handlers).toSorted())
})
