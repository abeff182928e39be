import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CodeMail, ReceiptMail } from '../../src/mail/kinds.ts'
import { openMailTemplates } from '../../src/mail/render-mail.ts'

const renderMail = openMailTemplates('views/mail')

const code: CodeMail = {
  publication: 'The Meridian',
  code: '204060',
  link: 'http://localhost:34567/sign-in/code?for=gfgbgc&code=204060',
  minutes: 10,
}

const receipt: ReceiptMail = {
  publication: 'The Meridian',
  orderNumber: '1001',
  placed: '22 November 2026',
  lines: [
    { name: 'All-Access', per: 'a year', quantity: 1, total: '$130.00' },
    { name: 'A year as a gift', per: 'once', quantity: 2, total: '$260.00' },
  ],
  subtotal: '$390.00',
  discount: '-$39.00',
  tax: '$12.34',
  total: '$363.34',
  orderUrl: 'http://localhost:3000/orders/1001',
  opens: ['Every article', 'The archive'],
  renews: '22 November 2027',
  seller: 'Meridian Press, 1 Harbour Street, Porto',
  howToCancel: 'You can cancel at any time on your account page.',
}

test('a code mail holds its code, and no other run of six digits', async () => {
  const { subject, text, html } = await renderMail('code', code)
  for (const part of [text, html]) {
    const runs = part.match(/\d{6,}/g) ?? []
    assert.deepEqual([...new Set(runs)], ['204060'])
    assert.ok(part.includes('10 minutes'))
    assert.ok(part.includes('/sign-in/code?for=gfgbgc&'))
  }
  assert.doesNotMatch(subject, /\d/)
  assert.match(subject, /The Meridian/)
})

test('no mail has a colour or anything else of six digits in its layout', async () => {
  const { html } = await renderMail('receipt', receipt)
  assert.doesNotMatch(html, /\d{6}/)
})

test('the receipt says the same in text and in HTML', async () => {
  const { subject, text, html } = await renderMail('receipt', receipt)
  assert.match(subject, /1001/)
  const { lines, opens, ...plain } = receipt
  const said = [
    ...Object.values(plain),
    ...opens,
    ...lines.flatMap((line) => [line.name, line.per, line.total]),
  ]
  for (const value of said) {
    assert.ok(text.includes(String(value)), `the text lacks ${value}`)
    assert.ok(html.includes(String(value)), `the HTML lacks ${value}`)
  }
  assert.match(text, /A year as a gift x 2, once: \$260\.00/)
  assert.match(html, /A year as a gift &times; 2/)
})

test('what there is none of leaves no trace', async () => {
  const { text, html } = await renderMail('receipt', {
    ...receipt,
    discount: null,
    tax: null,
    renews: null,
    howToCancel: '',
    opens: [],
  })
  for (const part of [text, html])
    assert.doesNotMatch(part, /Discount|Tax|next payment|Cancelling|Yours to read|null|<p><\/p>/)
  assert.doesNotMatch(text, /\n{3}/)
})

test('HTML is escaped in the HTML, and left as it is in the text and the subject', async () => {
  const { subject, text, html } = await renderMail('code', { ...code, publication: 'Fish & <Chips>' })
  assert.ok(html.includes('Fish &amp; &lt;Chips&gt;'))
  assert.ok(!html.includes('<Chips>'))
  assert.ok(text.includes('Fish & <Chips>'))
  assert.ok(subject.includes('Fish & <Chips>'))
})

test('a name with a line break cannot add lines above the text', async () => {
  const { subject } = await renderMail('code', { ...code, publication: 'Paper\r\nBcc: all@example.test' })
  assert.doesNotMatch(subject, /[\r\n]/)
})
