import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import express from 'express'
import supertest from 'supertest'
import { openOperations } from '../../src/http/operations.ts'
import { securityHeaders } from '../../src/http/security-headers.ts'
import { openNewsstand } from '../support/newsstand.ts'
import { choose, subscribe } from '../support/personas.ts'

const newsstand = await openNewsstand()

describe('every answer', () => {
  it('has a Content-Security-Policy without inline script or style, whose forms may end at the sandbox', async () => {
    for (const path of [
      '/',
      '/articles/letter-from-skerrow',
      '/cart',
      '/nothing',
      '/healthz',
      '/assets/newsstand.css',
    ]) {
      const { headers } = await newsstand.visitor().get(path)
      const policy = headers['content-security-policy'] ?? ''
      assert.match(policy, /default-src 'none'/, path)
      assert.match(policy, /script-src 'self'/, path)
      assert.doesNotMatch(policy, /unsafe/, path)
      assert.match(policy, new RegExp(`form-action 'self' ${newsstand.sandboxUrl}`), path)
      assert.equal(headers['x-content-type-options'], 'nosniff', path)
      assert.equal(headers['x-powered-by'], undefined, path)
    }
  })

  it('names Stripe’s pages, and insists on https, where there is Stripe and https', async () => {
    const app = express()
      .use(securityHeaders({ https: true, sandboxUrl: null }))
      .get('/', (_req, res) => void res.send('x'))
    const { headers } = await supertest(app).get('/')
    assert.match(
      headers['content-security-policy'] ?? '',
      /form-action 'self' https:\/\/checkout\.stripe\.com https:\/\/billing\.stripe\.com/,
    )
    assert.match(headers['strict-transport-security'] ?? '', /max-age=31536000/)
  })
})

describe('caches', () => {
  it('may keep what is for everyone, and nothing that is for one', async () => {
    const reader = newsstand.visitor()
    await subscribe(reader, 'cached@example.com')
    const buyer = newsstand.visitor()
    await choose(buyer)
    const control = async (visitor: typeof reader, path: string) =>
      (await visitor.get(path)).headers['cache-control'] ?? 'none'
    const stranger = newsstand.visitor()
    for (const path of [
      '/',
      '/articles/quds-force-chief-visits-baghdad',
      '/tags/world',
      '/search?q=river',
      '/subscribe',
    ]) {
      assert.match(await control(stranger, path), /^public/, path)
      assert.match(await control(buyer, path), /^private/, path)
      assert.match(await control(reader, path), /^private/, path)
    }
    for (const path of ['/account', '/checkout', '/sign-in'])
      assert.match(await control(stranger, path), /private|none/, path)
    for (const path of ['/nothing', '/articles/nothing'])
      assert.match(await control(stranger, path), /^private/, path)
    assert.match(await control(reader, '/account'), /no-store/)
  })

  it('keep assets under their hash for good', async () => {
    const { text } = await newsstand.visitor().get('/')
    const css = /href="(\/assets\/newsstand\.css\?v=[^"]+)"/.exec(text)?.[1] ?? ''
    const answer = await newsstand.visitor().get(css).expect(200)
    assert.match(answer.headers['cache-control'] ?? '', /immutable/)
    await newsstand
      .visitor()
      .get(css)
      .set('If-None-Match', answer.headers.etag ?? '')
      .expect(304)
    assert.doesNotMatch(
      (await newsstand.visitor().get('/assets/newsstand.css?v=old')).headers['cache-control'] ?? '',
      /immutable/,
    )
  })

  it('get packed pages, but never packed secrets', async () => {
    const { headers } = await newsstand.visitor().get('/').set('Accept-Encoding', 'gzip')
    assert.equal(headers['content-encoding'], 'gzip')
    const secret = await newsstand.visitor().get('/sign-in').set('Accept-Encoding', 'gzip')
    assert.equal(secret.headers['content-encoding'], undefined)
  })
})

describe('cookies', () => {
  it('are out of reach for scripts and other sites', async () => {
    const answer = await newsstand
      .visitor()
      .post('/cart/lines')
      .type('form')
      .send({ plan: 'all-access-annual' })
    for (const cookie of answer.get('Set-Cookie') ?? []) {
      assert.match(cookie, /HttpOnly/)
      assert.match(cookie, /SameSite=Lax/)
    }
  })
})

describe('what operators look at', () => {
  it('lives, is ready, and counts', async () => {
    await newsstand.visitor().get('/healthz').expect(200)
    await newsstand.visitor().get('/readyz').expect(200)
    const { text } = await newsstand.visitor().get('/metrics').expect(200)
    assert.match(text, /http_request_duration_seconds_count\{[^}]*place="\/articles"/)
  })

  it('is not ready without its database', async () => {
    const operations = openOperations({ ready: () => Promise.reject(new Error('no')), metricsToken: null })
    const app = express().use(operations.router)
    await supertest(app).get('/healthz').expect(200)
    await supertest(app).get('/readyz').expect(503)
  })

  it('shows metrics to this machine and to who has the token, by the address behind trusted proxies', async () => {
    const app = express().set('trust proxy', 'loopback').set('env', 'test')
    app.use(openOperations({ ready: async () => {}, metricsToken: 'a-token-of-some-length' }).router)
    const status = async (headers: Record<string, string>) =>
      (await supertest(app).get('/metrics').set(headers)).status
    assert.equal(await status({}), 200)
    assert.notEqual(await status({ 'X-Forwarded-For': '203.0.113.9' }), 200)
    assert.notEqual(await status({ 'X-Forwarded-For': '127.0.0.1, 203.0.113.9' }), 200)
    assert.equal(
      await status({ 'X-Forwarded-For': '203.0.113.9', Authorization: 'Bearer a-token-of-some-length' }),
      200,
    )
    assert.notEqual(
      await status({ 'X-Forwarded-For': '203.0.113.9', Authorization: 'Bearer a-token-of-other-length' }),
      200,
    )
  })
})
