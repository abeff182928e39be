import { ApiError } from './api-error.ts'

/** The one key that opens the sandbox. */
export const secretKey = 'sk_test_sandbox'

/** Throws the API's 401 unless the header carries the sandbox's key, as a bearer or as a basic user name. */
export function authenticate(header: string | undefined): void {
  const key = keyIn(header)
  if (key === secretKey) return
  const message = key
    ? `Invalid API Key provided: ${masked(key)}`
    : `You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.`
  throw new ApiError(401, { type: 'invalid_request_error', message })
}

function keyIn(header: string | undefined): string {
  const [scheme = '', value = ''] = (header ?? '').split(' ')
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return ''
  return Buffer.from(value, 'base64').toString().split(':')[0] ?? ''
}

/** What may be a real key must not stand in an answer or a log. */
function masked(key: string): string {
  const shown = key.slice(0, 8)
  return `${shown}${'*'.repeat(Math.max(key.length - 12, 4))}${key.length > 12 ? key.slice(-4) : ''}`
}
