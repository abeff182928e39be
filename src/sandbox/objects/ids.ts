import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A new id such as `cus_8kQ2mNx0aPfT3b`: the prefix and random letters, so that ids of two processes never meet. */
export function newId(prefix: string, length = 24): string {
  return prefix + randomLetters(length)
}

/** Random letters and digits, each of 62. */
export function randomLetters(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 in a byte; what lies above would favour the first letters.
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
    }
  }
  return text
}
