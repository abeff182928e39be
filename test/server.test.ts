import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from './support/run.ts'
import { makeScratch } from './support/scratch.ts'

interface Running {
  url: string
  sandboxUrl: string
  child: ChildProcess
  /** Everything it has said so far. */
  said: () => string
}

function launch(settings: Record<string, string>, command = ['src/server.ts']): ChildProcess {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, PORT: '0', LOG_LEVEL: 'warn', ...settings }
  const child = spawn(process.execPath, command, { cwd: root, env, detached: true })
  children.add(child)
  return child
}

/** What a failed test left running must not outlive the file. */
const children = new Set<ChildProcess>()
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts the program and waits until it has said its addresses. */
async function start(settings: Record<string, string>): Promise<Running> {
  const child = launch(settings)
  let said = ''
  child.stdout?.on('data', (chunk) => (said += chunk))
  child.stderr?.on('data', (chunk) => (said += chunk))
  while (!said.includes('Ctrl-C stops it')) {
    if (child.exitCode !== null) throw new Error(`it ended before it was open: ${said}`)
    await pause(20)
  }
  const url = /is open:\s+(http:\S+)/.exec(said)?.[1] ?? ''
  const sandboxUrl = /sandbox:\s+(http:\S+)/.exec(said)?.[1] ?? ''
  return { url, sandboxUrl, child, said: () => said }
}

/** Runs the program to its end; what it said on standard error, and its exit code. */
async function refused(
  settings: Record<string, string>,
  command?: string[],
): Promise<{ code: number | null; said: string }> {
  const child = launch(settings, command)
  let said = ''
  child.stderr?.on('data', (chunk) => (said += chunk))
  const [code] = await once(child, 'exit')
  return { code, said }
}

async function stop({ child }: Running, signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
  const ended = once(child, 'exit')
  child.kill(signal)
  const [code] = await ended
  return code
}

async function statusOf(url: string): Promise<number> {
  return (await fetch(url)).status
}

function oneLine(said: string): string {
  const lines = said
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('Making a database'))
  assert.equal(lines.length, 1, said)
  return lines[0] ?? ''
}

describe('the program', () => {
  it('serves a seeded paper, and its sandbox, from nothing', async (t) => {
    const running = await start({ DATA_DIR: join(await makeScratch(t), 'a folder', 'data') })
    assert.match(await (await fetch(running.url)).text(), /Quds Force chief/)
    for (const path of ['/healthz', '/readyz', '/metrics', '/articles/quds-force-chief-visits-baghdad']) {
      assert.equal(await statusOf(running.url + path), 200, path)
    }
    assert.equal(await statusOf(`${running.sandboxUrl}/mail`), 200)
    assert.match(running.said(), /owner@newsstand\.test/)
    assert.equal(await stop(running), 0)
  })

  it('ends requests in flight before itself, on Ctrl-C', async (t) => {
    const running = await start({ DATA_DIR: await makeScratch(t) })
    const slow = fetch(`${running.url}/search?q=water`)
    await fetch(`${running.url}/healthz`)
    const inFlight = Promise.all([slow, ...Array.from({ length: 20 }, () => fetch(`${running.url}/`))])
    const ended = stop(running)
    const answers = await inFlight.catch((error: Error) => error)
    // Those that came after the port was closed are refused; none that was taken is cut.
    if (Array.isArray(answers)) for (const answer of answers) assert.equal(answer.status, 200)
    else assert.match(String(answers.cause), /ECONNREFUSED|ECONNRESET|other side closed/)
    assert.equal(await ended, 0)
  })

  it('goes on after a kill -9, with what was there', async (t) => {
    const settings = { DATA_DIR: await makeScratch(t) }
    const first = await start(settings)
    const visitor = await fetch(`${first.url}/cart/lines`, {
      method: 'POST',
      body: new URLSearchParams({ plan: 'all-access-annual', quantity: '1' }),
      redirect: 'manual',
    })
    const cookie = visitor.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    await stop(first, 'SIGKILL')
    const second = await start(settings)
    const cart = await (await fetch(`${second.url}/cart`, { headers: { cookie } })).text()
    assert.match(cart, /data-cart-subtotal[^>]*>\$130\.00</)
    assert.equal(await stop(second, 'SIGTERM'), 0)
  })

  it('runs twice side by side, on one folder too', async (t) => {
    const settings = { DATA_DIR: await makeScratch(t) }
    const [one, two] = await Promise.all([start(settings), start(settings)])
    assert.notEqual(one.url, two.url)
    assert.deepEqual([await statusOf(one.url), await statusOf(two.url)], [200, 200])
    await stop(one)
    assert.equal(await statusOf(two.url), 200)
    await stop(two)
  })

  it('uses a running sandbox where it is told to', async (t) => {
    const settings = { DATA_DIR: await makeScratch(t) }
    const first = await start(settings)
    const second = await start({ ...settings, SANDBOX_URL: first.sandboxUrl })
    assert.equal(second.sandboxUrl, first.sandboxUrl)
    await stop(second)
    await stop(first)
  })
})

describe('a start that cannot succeed says in one line what to do, and exits with 1', () => {
  it('a port in use, before anything else is started', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const dataDir = await makeScratch(t)
    const { code, said } = await refused({ PORT: String(port), DATA_DIR: dataDir })
    assert.equal(code, 1)
    assert.match(oneLine(said), new RegExp(`Port ${port} is in use.*PORT`))
    taken.close()
  })

  it('the sandbox’s port in use', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { code, said } = await refused({ SANDBOX_PORT: String(port), DATA_DIR: await makeScratch(t) })
    assert.equal(code, 1)
    assert.match(oneLine(said), new RegExp(`${port}.*SANDBOX_PORT`))
    taken.close()
  })

  it('a database that cannot be reached', async () => {
    const { code, said } = await refused({
      DATABASE_URL: 'postgres://nobody:secret-word@127.0.0.1:1/nothing',
    })
    assert.equal(code, 1)
    assert.match(oneLine(said), /DATABASE_URL/)
    assert.doesNotMatch(said, /secret-word/)
  })

  it('a data folder that is a file', async (t) => {
    const path = join(await makeScratch(t), 'file')
    await writeFile(path, '')
    const { code, said } = await refused({ DATA_DIR: path })
    assert.equal(code, 1)
    assert.match(oneLine(said), /DATA_DIR/)
  })

  it('half a set of Stripe keys', async () => {
    const { code, said } = await refused({ STRIPE_SECRET_KEY: 'sk_test_x' })
    assert.equal(code, 1)
    assert.match(oneLine(said), /STRIPE_WEBHOOK_SECRET/)
  })

  it('a sandbox that does not answer', async (t) => {
    const { code, said } = await refused({
      SANDBOX_URL: 'http://127.0.0.1:1',
      DATA_DIR: await makeScratch(t),
    })
    assert.equal(code, 1)
    assert.match(oneLine(said), /SANDBOX_URL/)
  })

  it('a database of another world', async (t) => {
    const dataDir = await makeScratch(t)
    const running = await start({ DATA_DIR: dataDir })
    const { code, said } = await refused({
      DATA_DIR: dataDir,
      STRIPE_SECRET_KEY: 'sk_test_sandbox',
      STRIPE_WEBHOOK_SECRET: 'whsec_sandbox',
      STRIPE_API_BASE: running.sandboxUrl,
      SMTP_URL: 'smtp://127.0.0.1:1',
    })
    assert.equal(code, 1)
    assert.match(oneLine(said), /belongs to the sandbox.*Stripe's test mode/)
    await stop(running)
  })

  it('a secret key that Stripe refuses', async (t) => {
    const running = await start({ DATA_DIR: await makeScratch(t) })
    const { code, said } = await refused({
      DATA_DIR: await makeScratch(t),
      STRIPE_SECRET_KEY: 'sk_test_wrong',
      STRIPE_WEBHOOK_SECRET: 'whsec_x',
      STRIPE_API_BASE: running.sandboxUrl,
      SMTP_URL: 'smtp://127.0.0.1:1',
    })
    assert.equal(code, 1)
    assert.match(oneLine(said), /STRIPE_SECRET_KEY was refused/)
    await stop(running)
  })

  it('a seed that is not there', async (t) => {
    const { code, said } = await refused({ SEED: '/nowhere/at/all', DATA_DIR: await makeScratch(t) })
    assert.equal(code, 1)
    assert.match(oneLine(said), /SEED.*\/nowhere\/at\/all/)
  })

  it('the sandbox alone, with Stripe keys', async () => {
    const keys = {
      STRIPE_SECRET_KEY: 'sk_test_x',
      STRIPE_WEBHOOK_SECRET: 'whsec_x',
      SMTP_URL: 'smtp://127.0.0.1:1',
    }
    const { code, said } = await refused(keys, ['src/start-sandbox.ts'])
    assert.equal(code, 1)
    assert.match(oneLine(said), /Stripe keys/)
  })
})

describe('a seed of one’s own', () => {
  it('fills the first database, in another currency', async (t) => {
    const folder = await makeScratch(t)
    await mkdir(join(folder, 'articles'))
    await chmod(folder, 0o755)
    const collections = [{ slug: 'all', name: 'All', description: 'Everything' }]
    const publication = {
      name: 'Der Bote',
      tagline: '',
      locale: 'de-DE',
      zone: 'Europe/Berlin',
      currency: 'EUR',
      collections,
    }
    const plan = {
      slug: 'jahr',
      name: 'Ein Jahr',
      summary: 'Alles.',
      kind: 'subscription',
      opens: ['all'],
      price: '99.00',
      interval: 'year',
    }
    const head = {
      headline: 'Regen',
      standfirst: 'Es regnet.',
      author: 'E. M.',
      tags: ['Wetter'],
      access: 'subscribers',
      collection: 'all',
      daysAgo: 0,
    }
    await writeFile(join(folder, 'publication.json'), JSON.stringify(publication))
    await writeFile(join(folder, 'plans.json'), JSON.stringify({ plans: [plan] }))
    await writeFile(
      join(folder, 'articles', 'regen.md'),
      `---\n${JSON.stringify(head)}\n---\nEins.\n\n<!-- more -->\n\nZwei.\n`,
    )
    const running = await start({ SEED: folder, DATA_DIR: await makeScratch(t) })
    const text = await (await fetch(`${running.url}/articles/regen`)).text()
    assert.match(text, /<html lang="de-DE">/)
    assert.match(text, /99,00\u00a0€/)
    assert.doesNotMatch(text, /Zwei/)
    await stop(running)
  })
})
