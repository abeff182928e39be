import type { Request, Response } from 'express'

/** The cookie's value; null when the browser sent none by that name. */
export function readCookie(req: Request, name: string): string | null {
  for (const part of (req.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return decode(part.slice(at + 1).trim())
  }
  return null
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Sets a cookie that scripts cannot read and other sites do not send. Lives `days`; `secure` behind HTTPS. */
export function setCookie(
  res: Response,
  name: string,
  value: string,
  options: { days: number; secure: boolean },
): void {
  res.cookie(name, value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: options.secure,
    path: '/',
    maxAge: options.days * 86_400_000,
  })
}
