import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An answer of the app, for a baseline to send again. */
export interface CapturedPage {
  headers: Record<string, string>
  etag: string
  body: Buffer
}

/** Headers that belong to the connection and not to the page. */
const ofTheConnection = ['connection', 'keep-alive', 'date', 'transfer-encoding', 'content-length']

/** Asks for a page as a stranger does and keeps it in a file, whose path it returns. */
export async function capturePage(url: string, folder: string): Promise<string> {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'identity' } })
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !ofTheConnection.includes(name)))
  const body = Buffer.from(await answer.arrayBuffer()).toString('base64')
  const path = join(folder, `${new URL(url).pathname.replaceAll('/', '_')}.json`)
  writeFileSync(path, JSON.stringify({ headers, body }))
  return path
}

export function readPage(path: string): CapturedPage {
  const { headers, body } = JSON.parse(readFileSync(path, 'utf8'))
  return { headers, etag: headers.etag, body: Buffer.from(body, 'base64') }
}
