import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../../../src/sandbox/wire/api-error.ts'
import { decodeForm } from '../../../src/sandbox/wire/decode-form.ts'
import {
  boolean,
  clearable,
  decimal,
  either,
  type Fields,
  integer,
  list,
  map,
  metadata,
  object,
  oneOf,
  readParameters,
  required,
  text,
  time,
} from '../../../src/sandbox/wire/parameters.ts'

const read = <F extends Fields>(fields: F, form: string) => readParameters(fields, decodeForm(form))

function refused(fields: Fields, form: string) {
  try {
    read(fields, form)
  } catch (error) {
    assert.ok(error instanceof ApiError)
    return error.body
  }
  assert.fail(`${form} was taken`)
}

describe('form parameters', () => {
  it('are decoded into maps and lists', () => {
    assert.deepEqual(
      JSON.parse(JSON.stringify(decodeForm('a=1&b[c][d]=2&e[0]=x&e[1]=y&f[]=p&f[]=q&g=%C3%A4+%26'))),
      { a: '1', b: { c: { d: '2' } }, e: { 0: 'x', 1: 'y' }, f: { 0: 'p', 1: 'q' }, g: 'ä &' },
    )
    assert.throws(() => decodeForm('a=1&a[b]=2'), /Invalid object/)
  })

  it('cannot reach the prototype of anything', () => {
    decodeForm('__proto__[polluted]=1&constructor[prototype][polluted]=1')
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
    assert.equal(refused({ a: text() }, '__proto__[polluted]=1').code, 'parameter_unknown')
  })

  it('are read by their kind', () => {
    const fields = {
      a: text(),
      b: integer(),
      c: boolean(),
      d: list(object({ e: required(text()) })),
      f: oneOf('x', 'y'),
      g: decimal(),
      h: map(integer()),
      i: either(time(), object({ gte: time() })),
    }
    assert.deepEqual(read(fields, 'a=t&b=-5&c=true&d[0][e]=one&d[1][e]=two&f=y&g=1.5&h[k]=3&i[gte]=9'), {
      a: 't',
      b: -5,
      c: true,
      d: [{ e: 'one' }, { e: 'two' }],
      f: 'y',
      g: 1.5,
      h: { k: 3 },
      i: { gte: 9 },
    })
    assert.equal(read(fields, '').a, undefined)
    const ten = Array.from({ length: 12 }, (_, index) => `d[${index}][e]=${index}`).reverse()
    assert.deepEqual(
      read(fields, ten.join('&')).d?.map((one) => one.e),
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
    )
  })

  it('that are unknown are refused together, each with its whole name', () => {
    const fields = { email: text(), shipping: object({ name: text() }) }
    assert.equal(refused(fields, 'foo=1&bar=2').message, 'Received unknown parameters: foo, bar')
    assert.deepEqual(
      [refused(fields, 'shipping[nam]=1').message, refused(fields, 'shipping[nam]=1').param],
      ['Received unknown parameter: shipping[nam]. Did you mean name?', 'shipping[nam]'],
    )
    assert.equal(refused(fields, 'toString=1').code, 'parameter_unknown')
  })

  it('that cannot be read are refused with the reason', () => {
    const fields = {
      a: required(text(3)),
      b: integer(1, 10),
      c: boolean(),
      d: list(text()),
      f: oneOf('x', 'y', 'z'),
      g: decimal(),
      o: object({}),
    }
    const cases: [string, string, string | undefined, RegExp][] = [
      ['', 'a', 'parameter_missing', /^Missing required param: a\.$/],
      ['a=', 'a', 'parameter_invalid_empty', /You passed an empty string for 'a'/],
      ['a=long', 'a', 'parameter_invalid_string', /at most 3 characters/],
      ['a[b]=1', 'a', undefined, /Invalid string/],
      ['a=1&b=x', 'b', 'parameter_invalid_integer', /^Invalid integer: x$/],
      ['a=1&b=1.5', 'b', 'parameter_invalid_integer', /Invalid integer/],
      ['a=1&b=0', 'b', 'parameter_invalid_integer', /greater than or equal to 1/],
      ['a=1&b=11', 'b', 'parameter_invalid_integer', /less than or equal to 10/],
      ['a=1&c=yes', 'c', undefined, /^Invalid boolean: yes$/],
      ['a=1&d=x', 'd', undefined, /^Invalid array$/],
      ['a=1&f=w', 'f', undefined, /^Invalid f: must be one of x, y, or z$/],
      ['a=1&g=1e3', 'g', undefined, /^Invalid decimal: 1e3$/],
      ['a=1&o=x', 'o', undefined, /^Invalid object$/],
    ]
    for (const [form, param, code, message] of cases) {
      const body = refused(fields, form)
      assert.deepEqual([body.param, body.code], [param, code], form)
      assert.match(body.message, message)
    }
  })

  it('that may be unset are null when empty', () => {
    const fields = { a: clearable(text()), m: metadata() }
    assert.deepEqual(read(fields, 'a=&m='), { a: null, m: null })
    assert.deepEqual(read(fields, 'm[x]=&m[y]=1'), { a: undefined, m: { x: null, y: '1' } })
    assert.equal(refused(fields, 'm[x][y]=1').param, 'm[x]')
    const many = Array.from({ length: 51 }, (_, index) => `m[${index}]=1`).join('&')
    assert.match(refused(fields, many).message, /at most 50 keys/)
  })
})
