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
    const byte = nextByte()
    // 248 is the largest multiple of 62 in a byte; what lies above would favour the first letters.
    if (byte < 248) text += alphabet[byte % 62]
  }
  return text
}

/** Asking the machine for randomness costs the same for one byte as for thousands. */
let bytes = randomBytes(0)
let used = 0

function nextByte(): number {
  if (used === bytes.length) {
    bytes = randomBytes(4096)
    used = 0
  }
  return bytes[used++] ?? 255
}
