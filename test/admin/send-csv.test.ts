import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import { describe, it } from 'node:test'
import express from 'express'
import supertest from 'supertest'
import { type CsvField, sendCsv } from '../../src/admin/send-csv.ts'
import { money } from '../../src/money/money.ts'

function serve(rows: () => AsyncIterable<CsvField[]>) {
  const app = express()
  app.get('/', (_req, res) => sendCsv(res, 'x.csv', ['a', 'b'], rows()))
  return app
}

async function* these(rows: CsvField[][]): AsyncGenerator<CsvField[]> {
  yield* rows
}

async function sent(rows: CsvField[][]): Promise<string> {
  return (
    await supertest(serve(() => these(rows)))
      .get('/')
      .buffer(true)
  ).text
}

describe('a CSV file', () => {
  it('has no text that a spreadsheet would run', async () => {
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1']
    const text = await sent(formulas.map((formula) => [formula, 'b']))
    for (const formula of formulas) assert.ok(text.includes(`'${formula}`), JSON.stringify(formula))
  })

  it('writes amounts as decimals of their currency, negative ones too', async () => {
    const amounts = [money(-13000, 'USD'), money(500, 'JPY'), money(-1, 'KWD')]
    assert.equal(await sent(amounts.map((amount) => [amount, null])), 'a,b\n-130.00,\n500,\n-0.001,\n')
  })

  it('quotes what would break a line or a field', async () => {
    assert.equal(await sent([['a,"b"', 'c\nd']]), 'a,b\n"a,""b""","c\nd"\n')
  })

  it('is read no further when nobody takes it any more', async () => {
    const ended = Promise.withResolvers<void>()
    async function* endless(): AsyncGenerator<CsvField[]> {
      try {
        for (;;) yield ['x'.repeat(1000), 'y']
      } finally {
        ended.resolve()
      }
    }
    const server = createServer(serve(endless)).listen(0)
    const address = server.address()
    const port = address && typeof address === 'object' ? address.port : 0
    get({ port }, (answer) => answer.once('readable', () => void answer.destroy()))
    await ended.promise
    await new Promise((done) => server.close(done))
  })
})
