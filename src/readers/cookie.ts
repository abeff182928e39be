import { createHmac, timingSafeEqual } from 'node:crypto'
import { sessionSeconds } from './reader.ts'

/** The session's cookie: made and read here in the way of better-auth 1.7.25, which a test holds it to. */
export interface SessionCookie {
  name: string
  /** The header value that hands `token` to a browser. */
  give: (token: string) => string
  /** The header value that makes a browser forget it. */
  take: string
  /** The token that a cookie's decoded value holds; null when it was not signed here. */
  read: (value: string) => string | null
}

/** Behind https the name's prefix makes browsers refuse the cookie from elsewhere. */
export function openSessionCookie(secret: string, publicUrl: string): SessionCookie {
  const secure = publicUrl.startsWith('https:')
  const name = `${secure ? '__Secure-' : ''}newsstand_session`
  const attributes = `Path=/; HttpOnly;${secure ? ' Secure;' : ''} SameSite=Lax`
  const sign = (token: string) => createHmac('sha256', secret).update(token).digest('base64')
  return {
    name,
    give: (token) =>
      `${name}=${encodeURIComponent(`${token}.${sign(token)}`)}; Max-Age=${sessionSeconds}; ${attributes}`,
    take: `${name}=; Max-Age=0; ${attributes}`,
    read: (value) => {
      const [token, signature, more] = value.split('.')
      if (!token || !signature || more !== undefined) return null
      return isEqual(signature, sign(token)) ? token : null
    },
  }
}

function isEqual(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
