import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { cloneDatabase } from './database.ts'
import { ofRun } from './run.ts'

/** Not part of the suite: what global-setup.test.ts gives to runs of its own. It writes down what it was given, and lasts. */
test('a run that lasts as long as it is told', async () => {
  const clone = await cloneDatabase()
  const given = { folder: ofRun('folder'), postgres: ofRun('postgres'), clone: clone.url }
  writeFileSync(process.env.LASTING_RUN_REPORT ?? '', JSON.stringify(given))
  await delay(Number(process.env.LASTING_RUN_MS))
})
