import { createHmac, randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'
import { readCookie, setCookie } from '../http/cookies.ts'
import { parseEmail } from './email.ts'

const cookieName = 'known'
const cookieDays = 400
const mostAddresses = 4

/**
 * Browsers in which an address was once proved. They have an allowance of their own for codes and tries: a stranger who
 * uses up the address's cannot keep its owner out.
 */
export interface KnownBrowsers {
  /** The name of this browser, if the address was proved in it; null if not. `email` as typed. */
  nameFor: (req: Request, email: string) => string | null
  /** Remembers that the address was just proved here. */
  remember: (req: Request, res: Response, email: string) => void
}

/** The cookie holds a random name and, for each address, a keyed hash of both: it tells no address, and cannot be made. */
export function openKnownBrowsers(secret: string, publicUrl: string): KnownBrowsers {
  const secure = publicUrl.startsWith('https:')
  const proofOf = (name: string, email: string) =>
    createHmac('sha256', secret).update(`known browser ${name} ${email}`).digest('base64url')
  return {
    nameFor: (req, typed) => {
      const known = read(req)
      const email = parseEmail(typed)
      return known && email && known.proofs.includes(proofOf(known.name, email)) ? known.name : null
    },
    remember: (req, res, typed) => {
      const email = parseEmail(typed)
      if (!email) return
      const known = read(req) ?? { name: randomBytes(16).toString('base64url'), proofs: [] }
      const proof = proofOf(known.name, email)
      const proofs = [proof, ...known.proofs.filter((one) => one !== proof)].slice(0, mostAddresses)
      setCookie(res, cookieName, [known.name, ...proofs].join('.'), { days: cookieDays, secure })
    },
  }
}

function read(req: Request): { name: string; proofs: string[] } | null {
  const value = readCookie(req, cookieName)
  if (!value || !/^[\w-]{22}(\.[\w-]{43}){1,4}$/.test(value)) return null
  const [name = '', ...proofs] = value.split('.')
  return { name, proofs }
}
