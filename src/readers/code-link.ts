import { parseEmail } from './email.ts'
import { localPath } from './next.ts'

/** Longer ones are left out of the link: mail programs break long lines. */
const longestNext = 200

/**
 * The address of the code form with everything filled in. Address and path are written in letters alone, because the
 * code must be the only six digits in its mail, and either may hold six of its own.
 */
export function codeLink(publicUrl: string, email: string, code: string, next: string | null): string {
  const kept = next && next.length <= longestNext ? next : null
  return `${publicUrl}/sign-in/code?for=${toLetters(JSON.stringify([email, kept]))}&code=${code}`
}

/** What `codeLink` wrote behind `for`; null when it was not written there. */
export function readCodeLink(letters: string): { email: string; next: string | null } | null {
  try {
    const parsed: unknown = JSON.parse(fromLetters(letters))
    if (!Array.isArray(parsed)) return null
    const email = parseEmail(parsed[0])
    return email ? { email, next: localPath(parsed[1]) } : null
  } catch {
    return null
  }
}

/** Hexadecimal with g to p in place of 0 to 9. */
function toLetters(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/\d/g, (digit) => String.fromCharCode(103 + Number(digit)))
}

function fromLetters(letters: string): string {
  const hex = letters.replace(/[g-p]/g, (letter) => String(letter.charCodeAt(0) - 103))
  return Buffer.from(hex, 'hex').toString()
}
