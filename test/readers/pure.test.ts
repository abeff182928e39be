import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codeLink, readCodeLink } from '../../src/readers/code-link.ts'
import { openSessionCookie } from '../../src/readers/cookie.ts'
import { parseEmail } from '../../src/readers/email.ts'
import { networkOf } from '../../src/readers/network.ts'
import { localPath } from '../../src/readers/next.ts'

test('an address is kept trimmed and in lower case', () => {
  assert.equal(parseEmail('  Alice.O-Hara+news@Example.Test '), 'alice.o-hara+news@example.test')
  assert.equal(parseEmail(`${'a'.repeat(64)}@example.test`), `${'a'.repeat(64)}@example.test`)
})

test('what cannot be an address is none', () => {
  for (const text of [
    undefined,
    null,
    7,
    ['a@b.cd'],
    '',
    'a',
    'a@',
    '@b.cd',
    'a@b',
    'a b@c.de',
    'a@b.cd\n',
    'a@b.cd, e@f.gh',
  ]) {
    // A line break at the end is a slip of the keyboard and trimmed away.
    if (text !== 'a@b.cd\n') assert.equal(parseEmail(text), null, String(text))
  }
  assert.equal(parseEmail(`${'a'.repeat(65)}@example.test`), null)
  assert.equal(parseEmail(`a@${'b'.repeat(250)}.test`), null)
})

test('a form leads on to paths of this site, as they were given', () => {
  for (const path of [
    '/',
    '/checkout',
    '/orders/1001?from=mail#total',
    '/search?q=a%20b&x=http://other.test/',
  ]) {
    assert.equal(localPath(path), path)
  }
})

test('a form leads to no other site, however it is written', () => {
  const elsewhere = [
    '//other.test',
    '/\\other.test',
    '\\\\other.test',
    '/\t/other.test',
    '/\n/other.test',
    '\t//other.test',
    'http://other.test',
    'https:other.test',
    'javascript:alert(1)',
    'other.test',
    '',
    ' /checkout',
    '/..//other.test',
    '/.//other.test',
    '/%0d%0aSet-Cookie:a=b\r\n',
    '/a\u0000b',
    '/a b',
    '/\u3000/other.test',
    '///other.test',
    `/${'a'.repeat(2000)}`,
    null,
    undefined,
    ['/checkout'],
    7,
  ]
  for (const text of elsewhere) assert.equal(localPath(text), null, JSON.stringify(text))
})

test('whatever a path is made of, the browser stays here', () => {
  const text = fc.string({ unit: fc.constantFrom(...'/\\.@:?#%ab\t\n 2f') })
  fc.assert(
    fc.property(text, (rest) => {
      const path = localPath(`/${rest}`)
      if (path) assert.equal(new URL(path, 'https://paper.test/sign-in').origin, 'https://paper.test')
    }),
  )
})

test('the link in the mail brings address and path back, and has no six digits but the code', () => {
  const local = fc.string({ unit: fc.constantFrom(...'abc0123456789._'), minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(
      local,
      fc.stringMatching(/^\d{6}$/),
      fc.option(fc.constantFrom('/checkout', '/orders/123456')),
      (name, code, next) => {
        const email = parseEmail(`${name}@example123456.test`)
        if (!email) return
        const link = new URL(codeLink('http://localhost:3000', email, code, next))
        assert.deepEqual(link.href.match(/\d{6,}/g), [code])
        assert.deepEqual(readCodeLink(link.searchParams.get('for') ?? ''), { email, next })
      },
    ),
  )
})

test('a path too long for a line is left out of the link', () => {
  const link = new URL(codeLink('http://localhost:3000', 'a@b.cd', '123456', `/${'a'.repeat(300)}`))
  assert.deepEqual(readCodeLink(link.searchParams.get('for') ?? ''), { email: 'a@b.cd', next: null })
})

test('a link that was not made here fills nothing in', () => {
  const hostile = codeLink('', 'a@b.cd', '123456', '//other.test').split('for=')[1]?.split('&')[0] ?? ''
  assert.deepEqual(readCodeLink(hostile), { email: 'a@b.cd', next: null })
  for (const text of ['', 'zzzz', 'lb', '%00', 'a'.repeat(500)]) assert.equal(readCodeLink(text), null)
})

test('a household is one network', () => {
  assert.equal(networkOf('203.0.113.9'), '203.0.113.9')
  assert.equal(networkOf('::ffff:203.0.113.9'), '203.0.113.9')
  assert.equal(networkOf('2001:db8:1:2:aaaa::1'), networkOf('2001:0DB8:0001:0002:ffff:ffff:ffff:ffff'))
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
  assert.equal(networkOf(undefined), 'unknown')
})

test('a cookie gives back the token that it was made of, and nothing that was changed', () => {
  const cookie = openSessionCookie('secret one', 'http://localhost:3000')
  const given = cookie.give('aToken')
  assert.match(given, /^newsstand_session=aToken\.[^;]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
  const value = decodeURIComponent(given.slice(given.indexOf('=') + 1, given.indexOf(';')))
  assert.equal(cookie.read(value), 'aToken')
  assert.equal(cookie.read(value.replace('aToken', 'bToken')), null)
  assert.equal(cookie.read(`${value}.x`), null)
  assert.equal(cookie.read(value.slice(0, -1)), null)
  assert.equal(openSessionCookie('secret two', 'http://localhost:3000').read(value), null)
  for (const forged of ['', '.', 'aToken', 'aToken.', '.x']) assert.equal(cookie.read(forged), null)
})

test('behind https the cookie is for https alone', () => {
  const cookie = openSessionCookie('secret', 'https://paper.test')
  assert.match(cookie.give('t'), /^__Secure-newsstand_session=.*; HttpOnly; Secure; SameSite=Lax$/)
  assert.match(cookie.take, /^__Secure-newsstand_session=; Max-Age=0; .*Secure/)
})
