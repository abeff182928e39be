import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import express from 'express'
import supertest from 'supertest'
import { openOperations } from '../../src/http/operations.ts'

describe('metrics, where every proxy is trusted', () => {
  const app = express().set('trust proxy', true).set('env', 'test')
  app.use(openOperations({ ready: async () => {}, metricsToken: null }).router)
  const status = async (forwardedFor: string) =>
    (await supertest(app).get('/metrics').set('X-Forwarded-For', forwardedFor)).status

  it('are not shown to a stranger who claims to be this machine', async () => {
    assert.equal(await status('127.0.0.1, 203.0.113.9'), 404)
    assert.equal(await status('::1, 203.0.113.9'), 404)
    assert.equal(await status('203.0.113.9'), 404)
  })

  it('are shown to this machine behind a proxy of its own', async () => {
    assert.equal(await status('127.0.0.1'), 200)
  })
})
