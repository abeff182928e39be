import express from 'express'
import { readPage } from './captured-page.ts'

/** Bare Express that sends the same bytes and headers from a Buffer. */
const page = readPage(process.argv[2] ?? '')

const app = express()
app.disable('x-powered-by')
app.use((_req, res) => {
  res.set(page.headers).send(page.body)
})
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening at http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
process.on('SIGTERM', () => process.exit(0))
