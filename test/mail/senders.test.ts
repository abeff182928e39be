import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Refused } from '../../src/mail/mail.ts'
import { sandboxSender } from '../../src/mail/sandbox-sender.ts'
import { smtpSender } from '../../src/mail/smtp-sender.ts'
import { type MailServer, startMailServer } from './mail-server.ts'

const mail = {
  id: '0d7c1b1e-7a35-4d5b-9d6c-7f4b1f1f6d10',
  to: 'alice@example.test',
  subject: 'Grüße aus Porto',
  text: 'Hello Alice\n',
  html: '<p>Hello Alice</p>\n',
}
const from = 'The Meridian <post@meridian.test>'
let server: MailServer

before(async () => {
  server = await startMailServer()
})
after(() => server.stop())

test('a mail leaves through SMTP with both bodies and an id of its own', async () => {
  await smtpSender(server.url, from)(mail)
  const [message = ''] = server.taken
  assert.match(message, /^Message-ID: <0d7c1b1e-7a35-4d5b-9d6c-7f4b1f1f6d10@meridian\.test>$/m)
  assert.match(message, /^From: The Meridian <post@meridian\.test>$/m)
  assert.match(message, /^To: alice@example\.test$/m)
  assert.match(message, /^Auto-Submitted: auto-generated$/m)
  assert.match(message, /text\/plain[\s\S]*Hello Alice[\s\S]*text\/html[\s\S]*<p>Hello Alice<\/p>/)
})

test('an address that does not exist is refused for good', async () => {
  server.verdict = '550 no such mailbox'
  await assert.rejects(smtpSender(server.url, from)(mail), Refused)
  server.verdict = '250 taken'
})

test('a server that is busy, or absent, may take the mail later', async () => {
  server.verdict = '451 try later'
  await assert.rejects(smtpSender(server.url, from)(mail), (error) => !(error instanceof Refused))
  server.verdict = '250 taken'
  await assert.rejects(smtpSender('smtp://127.0.0.1:1', from)(mail), /ECONNREFUSED/)
})

test('the sandbox receives a mail as JSON, and its faults are told', async () => {
  const received: { url: string | undefined; type: string | undefined; body: unknown }[] = []
  let status = 200
  const mailbox = createServer(async (req, res) => {
    const chunks = await req.toArray()
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    received.push({ url: req.url, type: req.headers['content-type'], body })
    res.writeHead(status).end('{}')
  }).listen(0, '127.0.0.1')
  await once(mailbox, 'listening')
  const send = sandboxSender(`http://127.0.0.1:${(mailbox.address() as AddressInfo).port}`, from)
  try {
    await send(mail)
    const { id: _, ...body } = mail
    assert.deepEqual(received, [{ url: '/mail', type: 'application/json', body: { ...body, from } }])
    status = 503
    await assert.rejects(send(mail), /503/)
  } finally {
    mailbox.close()
    mailbox.closeAllConnections()
  }
  await assert.rejects(send(mail))
})
