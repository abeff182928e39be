import { isIP } from 'node:net'
import { z } from 'zod'
import { CannotStart } from './errors.ts'

/** Which world this process deals with; the database remembers it and refuses another. */
export type Mode = 'sandbox' | 'test' | 'live'

export interface Settings {
  mode: Mode
  port: number
  host: string
  /** As set; null means http://localhost: and the port that was really chosen. */
  publicUrl: string | null
  /** null: the embedded server in `dataDir`. */
  databaseUrl: string | null
  dataDir: string
  /** null in sandbox mode, where the sandbox's own keys are used. */
  stripe: { secretKey: string; webhookSecret: string } | null
  /** Where API calls go instead of Stripe or the sandbox; null: there. */
  stripeApiBase: string | null
  sandbox: {
    /** 0 picks a free one. */
    port: number
    /** A running sandbox to use; null: start one in this process. */
    url: string | null
    /** Where the sandbox sends events; null: the public URL's /webhooks/stripe. */
    webhookUrl: string | null
    /** The types of event that it sends there, `*` for every one; null: those that the program which starts it uses. */
    events: readonly string[] | null
  }
  /** As Express's `trust proxy` means it. */
  trustProxy: string | number | boolean
  /** null: generated into `dataDir`. */
  authSecret: string | null
  smtpUrl: string | null
  /** null: newsstand@ and the public URL's host. */
  mailFrom: string | null
  /** The first member of staff; null: none is made. */
  ownerEmail: string | null
  /** What an empty database is filled with: demo, none, or the path of a folder laid out like src/seed/demo. */
  seed: string
  publication: {
    name: string | null
    tagline: string | null
    locale: string | null
    zone: string | null
    currency: string | null
  }
  /** How long reading goes on past what is paid for, in days. */
  grace: { renewalDays: number; pastDueDays: number }
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Lets /metrics be read from elsewhere than loopback; null: loopback alone. */
  metricsToken: string | null
  production: boolean
}

const port = z.coerce.number().int().min(0).max(65535)
const webAddress = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''))
const text = z.string().trim().min(1)
const eventTypes = z
  .string()
  .transform((list) => list.split(',').map((type) => type.trim()))
  .refine(
    (types) => types.every((type) => /^(\*|[a-z0-9_.]+)$/.test(type)),
    'must be * or types, with commas',
  )
const days = z.coerce.number().min(0).max(60)

/** What each variable may hold. An empty variable counts as not set. */
const variables = z.object({
  PORT: port.default(3000),
  HOST: text.default('127.0.0.1'),
  PUBLIC_URL: webAddress.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  DATA_DIR: text.default('data'),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_/, 'must begin with sk_test_, sk_live_, rk_test_ or rk_live_')
    .optional(),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_/, 'must begin with whsec_')
    .optional(),
  STRIPE_API_BASE: webAddress.optional(),
  SANDBOX_PORT: port.optional(),
  SANDBOX_URL: webAddress.optional(),
  SANDBOX_WEBHOOK_URL: webAddress.optional(),
  SANDBOX_EVENTS: eventTypes.optional(),
  TRUST_PROXY: text
    .refine(
      isTrustProxy,
      'must be loopback, linklocal, uniquelocal, addresses, a number of hops, true or false',
    )
    .default('loopback'),
  AUTH_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: text.optional(),
  OWNER_EMAIL: z
    .email()
    .transform((email) => email.toLowerCase())
    .optional(),
  SEED: text.optional(),
  PUBLICATION_NAME: text.max(80).optional(),
  PUBLICATION_TAGLINE: text.max(160).optional(),
  PUBLICATION_LOCALE: text.refine(isLocale, 'must be a language tag such as en-US').optional(),
  PUBLICATION_ZONE: text.refine(isZone, 'must be a time zone such as Europe/Berlin').optional(),
  PUBLICATION_CURRENCY: z
    .string()
    .regex(/^[A-Za-z]{3}$/, 'must be a currency code such as USD')
    .transform((code) => code.toUpperCase())
    .optional(),
  GRACE_RENEWAL_DAYS: days.default(3),
  GRACE_PAST_DUE_DAYS: days.default(7),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  NODE_ENV: z.string().optional(),
})

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

function isTrustProxy(text: string): boolean {
  if (/^(true|false|\d{1,3})$/.test(text)) return true
  return text.split(',').every((part) => {
    const [address = '', bits = '0'] = part.trim().split('/')
    return (
      ['loopback', 'linklocal', 'uniquelocal'].includes(part.trim()) ||
      (isIP(address) > 0 && /^\d{1,3}$/.test(bits))
    )
  })
}

function isZone(text: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: text }))
  } catch {
    return false
  }
}

/** The names that `.env.example` must list; NODE_ENV is the platform's, not ours. */
export const settingNames = Object.keys(variables.shape).filter((name) => name !== 'NODE_ENV')

/** Reads the environment once. Throws CannotStart with one line that names the variable and says what to do. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = variables.safeParse(given)
  if (!parsed.success) throw new CannotStart(describe(parsed.error))
  const values = parsed.data
  const mode = modeOf(values.STRIPE_SECRET_KEY)
  refuseContradictions(values, mode)
  return Object.freeze({
    mode,
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL ?? null,
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir: values.DATA_DIR,
    stripe:
      values.STRIPE_SECRET_KEY && values.STRIPE_WEBHOOK_SECRET
        ? { secretKey: values.STRIPE_SECRET_KEY, webhookSecret: values.STRIPE_WEBHOOK_SECRET }
        : null,
    stripeApiBase: values.STRIPE_API_BASE ?? null,
    sandbox: {
      port: values.SANDBOX_PORT ?? (values.PORT === 0 ? 0 : values.PORT + 1),
      url: values.SANDBOX_URL ?? null,
      webhookUrl: values.SANDBOX_WEBHOOK_URL ?? null,
      events: values.SANDBOX_EVENTS ?? null,
    },
    trustProxy: parseTrustProxy(values.TRUST_PROXY),
    authSecret: values.AUTH_SECRET ?? null,
    smtpUrl: values.SMTP_URL ?? null,
    mailFrom: values.MAIL_FROM ?? null,
    ownerEmail: values.OWNER_EMAIL ?? (mode === 'sandbox' ? 'owner@newsstand.test' : null),
    seed: values.SEED ?? (mode === 'sandbox' ? 'demo' : 'none'),
    publication: {
      name: values.PUBLICATION_NAME ?? null,
      tagline: values.PUBLICATION_TAGLINE ?? null,
      locale: values.PUBLICATION_LOCALE ?? null,
      zone: values.PUBLICATION_ZONE ?? null,
      currency: values.PUBLICATION_CURRENCY ?? null,
    },
    grace: { renewalDays: values.GRACE_RENEWAL_DAYS, pastDueDays: values.GRACE_PAST_DUE_DAYS },
    logLevel: values.LOG_LEVEL,
    metricsToken: values.METRICS_TOKEN ?? null,
    production: values.NODE_ENV === 'production',
  })
}

type Values = z.infer<typeof variables>

function modeOf(secretKey: string | undefined): Mode {
  if (!secretKey) return 'sandbox'
  return /^(sk|rk)_live_/.test(secretKey) ? 'live' : 'test'
}

function refuseContradictions(values: Values, mode: Mode): void {
  if (values.STRIPE_SECRET_KEY && !values.STRIPE_WEBHOOK_SECRET) {
    throw new CannotStart(
      'STRIPE_SECRET_KEY is set but STRIPE_WEBHOOK_SECRET is not: set both, or neither for the sandbox.',
    )
  }
  if (values.STRIPE_WEBHOOK_SECRET && !values.STRIPE_SECRET_KEY) {
    throw new CannotStart(
      'STRIPE_WEBHOOK_SECRET is set but STRIPE_SECRET_KEY is not: set both, or neither for the sandbox.',
    )
  }
  if (mode !== 'sandbox') {
    if (!values.SMTP_URL)
      throw new CannotStart(
        'SMTP_URL is not set: with Stripe keys, mail must have a server to leave through.',
      )
    if (values.SANDBOX_URL)
      throw new CannotStart('SANDBOX_URL is set together with Stripe keys: unset one of them.')
    return
  }
  if (values.NODE_ENV === 'production') {
    throw new CannotStart(
      'NODE_ENV is production but there are no Stripe keys: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, since the sandbox never runs in production.',
    )
  }
  if (values.PUBLIC_URL?.startsWith('https:')) {
    throw new CannotStart(
      'PUBLIC_URL is https but there are no Stripe keys: whoever reached the sandbox could sign in as the owner, so set Stripe keys or an http address.',
    )
  }
}

/** "true", "false", a number of hops, or addresses, as https://expressjs.com/en/guide/behind-proxies.html has them. */
function parseTrustProxy(value: string): string | number | boolean {
  if (value === 'true') return true
  if (value === 'false') return false
  return /^\d+$/.test(value) ? Number(value) : value
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${String(issue?.path[0])} cannot be used: ${issue?.message}. See .env.example.`
}
