import type { Request, RequestHandler, Response } from 'express'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import { readCookie } from '../http/cookies.ts'
import { type AuthSettings, openAuth } from './auth.ts'
import type { SessionCookie } from './cookie.ts'
import { type Session, sessionRefreshSeconds, sessionSeconds } from './reader.ts'
import { type AskForSession, findSession } from './store.ts'

const sessions = new WeakMap<Request, Session>()

/** Who sent the request, as `loadSession` found it; null for anyone who is not signed in. */
export function sessionOf(req: Request): Session | null {
  return sessions.get(req) ?? null
}

export interface LoadDeps {
  db: Database
  ask: AskForSession
  auth: AuthSettings
  cookie: SessionCookie
  clock: Clock
  realClock: Clock
}

/**
 * Finds who sent each request: one indexed query where there is a cookie with our signature, none otherwise. Forged,
 * foreign and expired cookies count as none. Once a day it lengthens a session in use, and gives its cookie anew.
 */
export function loadSession(deps: LoadDeps): RequestHandler {
  return async (req, res, next) => {
    const value = readCookie(req, deps.cookie.name)
    const token = value && deps.cookie.read(value)
    if (!token) return next()
    const now = deps.realClock()
    const found = await findSession(deps.ask, token, now)
    if (!found) return next()
    const { lengthenedAt, ...session } = found
    sessions.set(req, session)
    const age = now.getTime() - lengthenedAt.getTime()
    if (age > sessionRefreshSeconds * 1000) await lengthen(deps, res, token, now)
    next()
  }
}

async function lengthen(deps: LoadDeps, res: Response, token: string, now: Date): Promise<void> {
  const { internalAdapter } = await openAuth(deps.db, deps.auth, deps.clock()).$context
  const expiresAt = new Date(now.getTime() + sessionSeconds * 1000)
  await internalAdapter.updateSession(token, { expiresAt, updatedAt: now })
  res.append('Set-Cookie', deps.cookie.give(token))
}
