import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advance, openSandbox } from '../support.ts'

const sandbox = await openSandbox()
const send = (mail: object) =>
  fetch(`${sandbox.url}/mail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mail),
  })
const mail = (to: string, subject: string) => ({
  to,
  from: 'newsstand@localhost',
  subject,
  text: 'Your code is 123456. Or follow http://localhost:3000/sign-in?x=1.',
  html: '<p style="color:red">Your code is <b>123456</b></p><script>alert(1)</script>',
})
const read = async (query = '') =>
  (await (await fetch(`${sandbox.url}/mail.json${query}`)).json()) as {
    to: string
    subject: string
    at: string
  }[]

describe('the mailbox', () => {
  it('keeps mail, newest first, dated by the sandbox’s clock', async () => {
    assert.equal((await send(mail('Alice@Example.com', 'One'))).status, 201)
    await advance(sandbox, { days: 3 })
    await send(mail('bob@example.com', 'Two'))
    await send(mail('alice@example.com', 'Three'))
    assert.deepEqual(
      (await read()).map((one) => one.subject),
      ['Three', 'Two', 'One'],
    )
    const alices = await read('?to=ALICE@example.com')
    assert.deepEqual(
      alices.map((one) => one.subject),
      ['Three', 'One'],
    )
    assert.deepEqual(Object.keys(alices[0] ?? {}).sort(), ['at', 'from', 'html', 'subject', 'text', 'to'])
    const [late, early] = alices.map((one) => Date.parse(one.at))
    assert.ok((late ?? 0) - (early ?? 0) >= 3 * 86_400_000)
    assert.deepEqual(await read('?to=carol@example.com'), [])
  })

  it('refuses what is no mail', async () => {
    const answer = await send({ to: 'a@example.com', subject: 'x', text: 'y' })
    assert.equal(answer.status, 422)
    assert.match(await answer.text(), /from/)
    assert.equal((await send(mail('', 'x'))).status, 422)
    const nonsense = await fetch(`${sandbox.url}/mail`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    })
    assert.equal(nonsense.status, 400)
  })

  it('lists mail for people and shows one, whose own page runs nothing', async () => {
    const list = await (await fetch(`${sandbox.url}/mail?to=bob@example.com`)).text()
    assert.match(list, />Two</)
    assert.doesNotMatch(list, />Three</)
    const address = /href="(\/mail\/\d+)"/.exec(list)?.[1] ?? ''
    const page = await (await fetch(sandbox.url + address)).text()
    assert.match(page, /<iframe src="\/mail\/\d+\/html" title="[^"]+" sandbox="allow-popups/)
    assert.match(page, /<a href="http:\/\/localhost:3000\/sign-in\?x=1">/)
    assert.doesNotMatch(page, /<script>alert/)
    const inside = await fetch(`${sandbox.url}${address}/html`)
    assert.match(
      inside.headers.get('content-security-policy') ?? '',
      /default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox/,
    )
    assert.match(await inside.text(), /<b>123456<\/b>/)
  })

  it('knows nothing of other mail', async () => {
    for (const path of ['/mail/999999', '/mail/nonsense', '/mail/999999/html']) {
      assert.equal((await fetch(sandbox.url + path)).status, 404)
    }
  })
})
