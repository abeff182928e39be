import { createHmac } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { emailOTP } from 'better-auth/plugins/email-otp'
import type { Transaction } from '../db/database.ts'
import { codeMinutes, codeTries, sessionSeconds } from './reader.ts'

export interface AuthSettings {
  /** Signs cookies and keys the hashes of codes. */
  secret: string
  publicUrl: string
  /** Told of what better-auth finds wrong; its own details are left out, since they may name people. */
  logError: (message: string) => void
}

/**
 * better-auth over one transaction, for one use of its `api`: what it writes commits and rolls back with the rest, and
 * the locks that we took protect it. Making one takes under a millisecond. `at`, the publication's time, dates readers;
 * sessions and codes are dated by the machine's. Its HTTP handler is mounted nowhere.
 */
export function openAuth(tx: Transaction, settings: AuthSettings, at: Date) {
  return betterAuth({
    baseURL: settings.publicUrl,
    secret: settings.secret,
    telemetry: { enabled: false },
    database: { db: tx, type: 'postgres', transaction: false },
    advanced: {
      database: { generateId: 'uuid', validateSchema: false },
      cookies: { session_token: { name: 'newsstand_session' } },
    },
    logger: { level: 'error', log: (_level, message) => settings.logError(message) },
    user: {
      modelName: 'readers',
      fields: { emailVerified: 'proved', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    session: {
      modelName: 'sessions',
      fields: {
        userId: 'reader_id',
        expiresAt: 'expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      additionalFields: { proved: { type: 'boolean', required: true, defaultValue: true, input: false } },
      expiresIn: sessionSeconds,
    },
    verification: {
      modelName: 'sign_in_codes',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
      // Else a code that has run out could not be told from one that is wrong; a job sweeps.
      disableCleanup: true,
    },
    account: { modelName: 'sign_in_methods', fields: { userId: 'reader_id' } },
    databaseHooks: {
      user: {
        create: { before: async () => ({ data: { createdAt: at, updatedAt: at } }) },
        update: { before: async () => ({ data: { updatedAt: at } }) },
      },
      // Where a reader signed in from is nothing that we need to keep: there are no such columns.
      session: { create: { before: async () => ({ data: { ipAddress: undefined, userAgent: undefined } }) } },
    },
    plugins: [
      emailOTP({
        otpLength: 6,
        expiresIn: codeMinutes * 60,
        allowedAttempts: codeTries,
        // A million codes are hashed in a moment: only a key keeps a leaked table from telling them.
        storeOTP: { hash: async (code) => createHmac('sha256', settings.secret).update(code).digest('hex') },
        sendVerificationOTP: async () => {
          throw new Error('codes are mailed by send-sign-in-code.ts')
        },
      }),
    ],
  })
}
