import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CannotStart } from '../src/errors.ts'
import { readSettings, settingNames } from '../src/settings.ts'

const stripe = {
  STRIPE_SECRET_KEY: 'sk_test_x',
  STRIPE_WEBHOOK_SECRET: 'whsec_x',
  SMTP_URL: 'smtp://localhost',
}

/** The line that an operator gets for these variables; fails where they are accepted. */
function refusal(environment: Record<string, string>): string {
  try {
    readSettings(environment)
  } catch (error) {
    if (error instanceof CannotStart) return error.message
    throw error
  }
  return assert.fail(`accepted: ${JSON.stringify(environment)}`)
}

describe('the settings', () => {
  it('need nothing to be set for the sandbox', () => {
    const settings = readSettings({})
    assert.equal(settings.mode, 'sandbox')
    assert.equal(settings.port, 3000)
    assert.equal(settings.host, '127.0.0.1')
    assert.equal(settings.sandbox.port, 3001)
    assert.equal(settings.dataDir, 'data')
    assert.equal(settings.ownerEmail, 'owner@newsstand.test')
    assert.equal(settings.seed, 'demo')
    assert.ok(Object.isFrozen(settings))
  })

  it('take an empty variable for one that is not set', () => {
    assert.deepEqual(readSettings({ PORT: '', DATABASE_URL: ' ', SEED: '' }), readSettings({}))
  })

  it('pick a free sandbox port where the port is free to choose', () => {
    assert.equal(readSettings({ PORT: '0' }).sandbox.port, 0)
    assert.equal(readSettings({ PORT: '8080' }).sandbox.port, 8081)
    assert.equal(readSettings({ PORT: '8080', SANDBOX_PORT: '9' }).sandbox.port, 9)
  })

  it('tell test from live by the key, and seed neither', () => {
    assert.equal(readSettings(stripe).mode, 'test')
    assert.equal(readSettings({ ...stripe, STRIPE_SECRET_KEY: 'rk_live_x' }).mode, 'live')
    assert.equal(readSettings(stripe).seed, 'none')
    assert.equal(readSettings(stripe).ownerEmail, null)
  })

  it('keep sandbox mode with an API base alone', () => {
    assert.equal(
      readSettings({ STRIPE_API_BASE: 'http://127.0.0.1:12112/' }).stripeApiBase,
      'http://127.0.0.1:12112',
    )
    assert.equal(readSettings({ STRIPE_API_BASE: 'http://127.0.0.1:12112' }).mode, 'sandbox')
  })

  it('refuse half a set of Stripe keys, and Stripe without mail', () => {
    assert.match(refusal({ STRIPE_SECRET_KEY: 'sk_test_x' }), /STRIPE_WEBHOOK_SECRET is not/)
    assert.match(refusal({ STRIPE_WEBHOOK_SECRET: 'whsec_x' }), /STRIPE_SECRET_KEY is not/)
    assert.match(refusal({ ...stripe, SMTP_URL: '' }), /SMTP_URL/)
    assert.match(refusal({ ...stripe, SANDBOX_URL: 'http://localhost:1' }), /SANDBOX_URL/)
  })

  it('refuse the sandbox in production and behind https', () => {
    assert.match(refusal({ NODE_ENV: 'production' }), /never runs in production/)
    assert.match(refusal({ PUBLIC_URL: 'https://paper.example' }), /https/)
  })

  it('name the variable that cannot be used', () => {
    for (const [name, value] of Object.entries({
      PORT: '99999',
      PUBLIC_URL: 'paper.example',
      DATABASE_URL: 'mysql://x',
      STRIPE_SECRET_KEY: 'pk_test_x',
      STRIPE_WEBHOOK_SECRET: 'secret',
      SANDBOX_PORT: 'x',
      TRUST_PROXY: 'my-proxy',
      AUTH_SECRET: 'short',
      SMTP_URL: 'localhost',
      OWNER_EMAIL: 'nobody',
      GRACE_RENEWAL_DAYS: '-1',
      GRACE_PAST_DUE_DAYS: 'week',
      LOG_LEVEL: 'loud',
      METRICS_TOKEN: 'short',
      PUBLICATION_LOCALE: 'x',
      PUBLICATION_ZONE: 'Mars/Base',
      PUBLICATION_CURRENCY: 'dollars',
    })) {
      const line = refusal({ [name]: value })
      assert.ok(line.startsWith(`${name} `), line)
      assert.doesNotMatch(line, /\n/)
    }
  })

  it('are all listed in .env.example, and nothing else is', () => {
    const example = readFileSync(join(import.meta.dirname, '..', '.env.example'), 'utf8')
    const listed = [...example.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1])
    assert.deepEqual(listed.toSorted(), settingNames.toSorted())
  })

  it('have the defaults that .env.example shows', () => {
    const example = readFileSync(join(import.meta.dirname, '..', '.env.example'), 'utf8')
    const shown = Object.fromEntries(
      [...example.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
    )
    assert.deepEqual(readSettings(shown), readSettings({}))
  })
})
