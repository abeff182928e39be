import { type DestinationStream, type Logger, pino } from 'pino'
import type { Settings } from '../settings.ts'

/**
 * The program's log: a line of JSON for each entry, to standard output unless told. Of an error it keeps what helps to
 * find the fault. The rest of what databases and Stripe attach (rows, parameters, headers) may hold personal data.
 */
export function openLog(level: Settings['logLevel'], stream?: DestinationStream): Logger {
  const options = { level, serializers: { err: errorForLog } }
  return stream ? pino(options, stream) : pino(options)
}

/** Fields of other libraries' errors that name no person: pg's and Stripe's. */
const harmless = ['code', 'statusCode', 'requestId', 'constraint', 'table', 'column', 'routine'] as const

function errorForLog(error: unknown): object {
  if (!(error instanceof Error)) return { message: withoutPersonal(String(error)) }
  const fields = Object.entries(error).filter(([name]) => harmless.some((one) => one === name))
  return {
    type: error.constructor.name,
    message: withoutPersonal(error.message),
    stack: withoutPersonal(error.stack ?? ''),
    ...Object.fromEntries(fields),
    ...(error.cause ? { cause: errorForLog(error.cause) } : {}),
  }
}

/** Messages quote what was wrong: an address that was typed, a session by its id. */
function withoutPersonal(text: string): string {
  return text
    .replace(/[\w.%+'-]+@[a-z0-9-]+(\.[a-z0-9-]+)+/gi, '[address]')
    .replace(/\bcs_(test|live)_\w+/g, 'cs_$1_[id]')
}
