import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, describe, it } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { openDatabase, openPool } from '../../src/db/database.ts'
import { listen } from '../../src/house/listen.ts'
import { openInstallation } from '../../src/house/open-installation.ts'
import { readSettings } from '../../src/settings.ts'
import { openStripe } from '../../src/stripe/client.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
const db = openDatabase(openPool(database.url))
after(async () => {
  await db.destroy()
  await database.drop()
})

describe('a start while Stripe takes connections and never answers', () => {
  it('opens the paper all the same, within seconds', async (context) => {
    const silent = createServer(() => {})
    const port = await listen(silent, { host: '127.0.0.1', port: 0, setting: 'PORT' })
    context.after(() => silent.closeAllConnections())
    context.after(() => void silent.close())
    const stripe = openStripe('sk_test_sandbox', `http://127.0.0.1:${port}`)
    const begun = performance.now()
    const installation = await openInstallation(db, readSettings({}), stripe, realClock())
    assert.ok(performance.now() - begun < 10_000)
    assert.equal(installation.stripe_account_id, null)
    assert.equal(installation.publication_name, 'The Meridian')
  })
})
