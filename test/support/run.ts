import { join } from 'node:path'

/**
 * What the global set-up hands to the test processes, by environment variables: `postgres` a server on which databases
 * can be made, `template` the migrated one to clone, `browser` an executable, `folder` for scratch, removed at the end.
 */
const names = {
  postgres: 'NEWSSTAND_TEST_POSTGRES',
  template: 'NEWSSTAND_TEST_TEMPLATE',
  browser: 'NEWSSTAND_TEST_BROWSER',
  folder: 'NEWSSTAND_TEST_FOLDER',
} as const

export type Run = Record<keyof typeof names, string>

/** The root of the checkout, so that tests run from any working directory. */
export const root = join(import.meta.dirname, '..', '..')

/** Tells the test processes that start after this. */
export function announce(run: Run): void {
  for (const key of Object.keys(names) as (keyof typeof names)[]) process.env[names[key]] = run[key]
}

/** One thing of this run. Throws when the test file was started without the global set-up. */
export function ofRun(key: keyof Run): string {
  const value = process.env[names[key]]
  if (value) return value
  throw new Error(
    `${names[key]} is not set: run tests with "npm test", or one file with "node --test --test-global-setup=test/support/global-setup.ts FILE"`,
  )
}
