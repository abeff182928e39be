import type { Response } from 'express'
import type { CodeSent } from './send-sign-in-code.ts'
import type { SignIn } from './sign-in-with-code.ts'

type Problem = Extract<CodeSent, { sent: false }> | Extract<SignIn, { ok: false }>

const texts: Record<Exclude<Problem['reason'], 'limited'>, string> = {
  'no address': 'Enter your e-mail address, such as name@example.com.',
  wrong:
    'That is not the code from our newest mail, or it was used already. Look again, or have another one sent.',
  expired: 'That code has run out. Have another one sent, and use it within ten minutes.',
  spent: 'That code was tried too often and does not work any more. Have another one sent.',
}

/** What the form says about why it came back. */
export function problemText(problem: Problem): string {
  if (problem.reason !== 'limited') return texts[problem.reason]
  return `That was tried very often just now. Please try again ${inWords(problem.retryAfterSeconds)}.`
}

/** The status that the form comes back with; a limit also says when to try again. */
export function setProblem(res: Response, problem: Problem): number {
  if (problem.reason !== 'limited') return 422
  res.set('Retry-After', String(problem.retryAfterSeconds))
  return 429
}

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  if (minutes <= 1) return 'in a minute'
  return minutes < 90 ? `in ${minutes} minutes` : `in ${Math.ceil(minutes / 60)} hours`
}
