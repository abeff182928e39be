import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'

/** Top to bottom. A file imports from floors below its own, never sideways, never up. */
const floors: string[][] = [
  ['server', 'start-sandbox', 'start-simulation'],
  ['house'],
  ['app', 'seed'],
  ['doors', 'shell'],
  ['account', 'admin'],
  ['reconcile'],
  ['webhooks'],
  ['checkout', 'paywall'],
  ['entitlements'],
  ['subscriptions'],
  ['cart', 'orders'],
  ['plans', 'readers', 'articles', 'ledger'],
  ['http', 'stripe', 'mail', 'jobs'],
  ['db'],
  ['money'],
  ['settings'],
  ['clock', 'errors'],
]

/** Stands beside the house and meets it only over HTTP: whoever starts it imports it, and it these. */
const sandboxMayImport = ['sandbox', 'money', 'db', 'errors', 'clock']
const mayImportSandbox = ['server', 'start-sandbox', 'sandbox']

const source = join(import.meta.dirname, '..', 'src')

interface Arrow {
  from: string
  to: string
}

describe('the floors', () => {
  const files = globSync('**/*.ts', { cwd: source })
  const arrows = files.flatMap((file) => arrowsOf(file, readFileSync(join(source, file), 'utf8')))

  it('sees the house', () => {
    assert.ok(files.length > 100, `only ${files.length} files`)
    assert.ok(arrows.length > files.length, `only ${arrows.length} imports`)
  })

  it('has a floor for every room', () => {
    const known = new Set([...floors.flat(), 'sandbox'])
    assert.deepEqual(
      [...new Set(files.map(roomOf))].filter((room) => !known.has(room)),
      [],
    )
  })

  it('has arrows that point down alone', () => {
    assert.deepEqual(arrows.filter(breaksTheRule).map(text), [])
  })

  it('has no circle of files inside a room', () => {
    assert.deepEqual(circles(files, arrows), [])
  })

  it('imports dinero.js in money alone', () => {
    const importers = files.filter((file) =>
      /from 'dinero\.js/.test(readFileSync(join(source, file), 'utf8')),
    )
    assert.deepEqual([...new Set(importers.map(roomOf))], ['money'])
  })

  it('reads the environment at the doors alone', () => {
    const readers = files.filter((file) => /process\.env\b/.test(readFileSync(join(source, file), 'utf8')))
    const allowed = ['server.ts', 'start-sandbox.ts', 'start-simulation.ts']
    assert.deepEqual(
      readers.filter((file) => !allowed.includes(file) && !file.startsWith('db/embedded/')),
      [],
    )
  })
})

describe('the rule itself', () => {
  it('sees every kind of import', () => {
    const code = [
      "import { a } from '../money/money.ts'",
      "import type { B } from '../db/database.ts'",
      "export { c } from './d.ts'",
      "import {\n  e,\n  type F,\n} from '../http/render.ts'",
      "import '../jobs/start-jobs.ts'",
      "const g = await import('../mail/mail.ts')",
      "import h from 'express'",
    ].join('\n')
    assert.deepEqual(
      arrowsOf('cart/x.ts', code).map((arrow) => arrow.to),
      [
        'money/money.ts',
        'db/database.ts',
        'cart/d.ts',
        'http/render.ts',
        'jobs/start-jobs.ts',
        'mail/mail.ts',
      ],
    )
  })

  it('refuses up and sideways, allows down and inside', () => {
    assert.ok(breaksTheRule({ from: 'plans/x.ts', to: 'cart/y.ts' }))
    assert.ok(breaksTheRule({ from: 'cart/x.ts', to: 'orders/y.ts' }))
    assert.ok(breaksTheRule({ from: 'cart/x.ts', to: 'sandbox/y.ts' }))
    assert.ok(breaksTheRule({ from: 'sandbox/x.ts', to: 'stripe/y.ts' }))
    assert.ok(!breaksTheRule({ from: 'cart/x.ts', to: 'plans/y.ts' }))
    assert.ok(!breaksTheRule({ from: 'cart/x.ts', to: 'cart/y.ts' }))
    assert.ok(!breaksTheRule({ from: 'server.ts', to: 'sandbox/y.ts' }))
  })
})

function arrowsOf(file: string, code: string): Arrow[] {
  const found = code.matchAll(/(?:^|[^\w.])(?:from|import)\s*\(?\s*'(\.[^']+)'/gm)
  return [...found].map(([, path = '']) => ({ from: file, to: normalize(join(dirname(file), path)) }))
}

function roomOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '')
}

function breaksTheRule({ from, to }: Arrow): boolean {
  const [above, below] = [roomOf(from), roomOf(to)]
  if (above === below) return false
  if (above === 'sandbox') return !sandboxMayImport.includes(below)
  if (below === 'sandbox') return !mayImportSandbox.includes(above)
  return floorOf(above) >= floorOf(below)
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room))
}

function text({ from, to }: Arrow): string {
  return `${from} -> ${to}`
}

/** Files that reach themselves again. */
function circles(files: string[], arrows: Arrow[]): string[] {
  const below = Map.groupBy(arrows, (arrow) => arrow.from)
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (file: string, path: string[]) => {
    if (state.get(file) === 'open') found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (state.has(file)) return
    state.set(file, 'open')
    for (const { to } of below.get(file) ?? []) visit(to, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  return found
}
