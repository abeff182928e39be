import { createServer } from 'node:http'
import { readPage } from './captured-page.ts'

/** Bare node:http that sends the same bytes and headers from a Buffer. */
const page = readPage(process.argv[2] ?? '')

const server = createServer((req, res) => {
  if (req.headers['if-none-match'] === page.etag) return void res.writeHead(304, page.headers).end()
  res.writeHead(200, { ...page.headers, 'content-length': page.body.length }).end(page.body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening at http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
process.on('SIGTERM', () => process.exit(0))
