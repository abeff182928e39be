import { AssertionError } from 'node:assert'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ofRun } from './run.ts'

/** Starts a headless browser of the caller's own, as root too. It asks nobody but the pages' own addresses. Close it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = ofRun('browser')
  return chromium.launch({
    executablePath,
    chromiumSandbox: false,
    args: flags,
    env: { ...process.env, ...surroundings(dirname(executablePath)) },
  })
}

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  '--font-render-hinting=none',
]

/** Only beside the unpacked browser: one that TEST_BROWSER names has its own. */
function surroundings(folder: string): Record<string, string> {
  const fonts = join(folder, 'fonts.conf')
  const libraries = join(folder, 'al2023/lib')
  return {
    ...(existsSync(fonts) ? { FONTCONFIG_FILE: fonts } : {}),
    ...(existsSync(libraries) ? { LD_LIBRARY_PATH: libraries } : {}),
  }
}

/** WCAG 2.2 at A and AA, and axe's best practices. Named one by one, since target size is off unless its tag is asked for. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Throws an AssertionError that lists each violation of the page as it stands now: rule, elements, what to do. In axe's one-page mode, which also takes a page of `browser.newPage()`; we have no frames of other origins. */
export async function checkAccessibility(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(rules).analyze()
  if (violations.length === 0) return
  const lines = violations.map(({ id, help, nodes }) => {
    const targets = nodes.map((node) => `    ${node.target.join(' ')}`)
    return [`  ${id}: ${help}`, ...targets].join('\n')
  })
  throw new AssertionError({
    message: `${page.url()} has ${violations.length} accessibility violations:\n${lines.join('\n')}`,
    actual: violations.map(({ id }) => id),
    expected: [],
    operator: 'checkAccessibility',
    stackStartFn: checkAccessibility,
  })
}
