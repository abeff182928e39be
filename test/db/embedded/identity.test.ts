import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, chown, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeScratch } from '../../support/scratch.ts'
import { isRoot, ordinary, runTenant, whyNot } from './tenant.ts'

/** Root without user namespaces, as in many containers: here `unshare` itself is covered by a program that fails. */
const rootWithoutNamespaces = [
  ...['unshare', '--mount', '/bin/sh', '-c'],
  'mount --bind /bin/false "$(command -v unshare)" && exec "$@"',
  'sh',
]

/** Root over itself alone, in a namespace that allows no further ones: it cannot become anybody else either. */
const rootOverItself = [
  ...['unshare', '--user', '--map-root-user', '/bin/sh', '-c'],
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  'sh',
]

function cannot(wrapper: string[]): string | false {
  const [command = '', ...args] = wrapper
  const { status, stderr } = spawnSync(command, [...args, '/bin/true'], { encoding: 'utf8' })
  return status === 0
    ? false
    : `NOT TESTED: this machine does not let us play such a root (${stderr?.trim()})`
}

test('root without user namespaces runs the server as another user, to whom it hands the cluster', {
  skip: cannot(rootWithoutNamespaces) || whyNot(ordinary),
}, async (t) => {
  const dataDir = await makeScratch(t)
  const tenant = runTenant(t, dataDir, undefined, rootWithoutNamespaces)
  await tenant.hears('url')
  assert.deepEqual(await tenant.asks('SELECT 1 AS n'), [{ n: 1 }])
  assert.notEqual((await stat(join(dataDir, 'postgres'))).uid, 0)
  await tenant.releases()

  await t.test('and where namespaces are allowed again, root takes it back', async (t) => {
    const again = runTenant(t, dataDir)
    await again.hears('url')
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, 0)
    assert.equal((await stat(join(dataDir, 'postgres/global/pg_control'))).uid, 0)
    await again.releases()
  })
})

test('root that can neither is told what to do', { skip: cannot(rootOverItself) }, async (t) => {
  const dataDir = await makeScratch(t)
  const tenant = runTenant(t, dataDir, undefined, rootOverItself)
  const { error, message } = await tenant.hears('error')
  assert.equal(error, 'CannotStart')
  assert.match(String(message), /does not run as root.*ordinary user.*DATA_DIR.*DATABASE_URL/)
  assert.doesNotMatch(String(message), /\n/)
  assert.equal(await tenant.exit, 1)
})

test('root in a data folder of somebody else runs the server as them', {
  skip: isRoot ? whyNot(ordinary) : 'NOT TESTED: only root can become somebody else',
}, async (t) => {
  const dataDir = await makeScratch(t)
  await chown(dataDir, 65534, 65534)
  await chmod(dataDir, 0o700)
  const tenant = runTenant(t, dataDir)
  await tenant.hears('url')
  for (const name of ['postgres', 'postgres/newsstand.secret', 'postgres.log']) {
    assert.equal((await stat(join(dataDir, name))).uid, 65534, name)
  }
  await tenant.releases()

  await t.test('so that they can go on with it themselves', async (t) => {
    const theirs = runTenant(t, dataDir, ordinary)
    await theirs.hears('url')
    await theirs.releases()
  })
})
