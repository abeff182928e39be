import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import { parseFields } from '../http/forms.ts'
import type { Render } from '../http/render.ts'
import { readCodeLink } from './code-link.ts'
import { codePage } from './code-page.ts'
import { parseEmail } from './email.ts'
import { sessionOf } from './load-session.ts'
import { networkOf } from './network.ts'
import { localPath, takeNext } from './next.ts'
import { problemText, setProblem } from './problems.ts'
import type { StaffRole } from './reader.ts'
import type { Readers } from './readers.ts'

export interface ReaderRoutes {
  readers: Readers
  render: Render
}

/** A field that is absent, or given twice, counts as empty: the form comes back and says what is missing. */
const field = z.string().catch('')
const signInForm = z.object({ email: field, next: field })
const codeForm = z.object({ email: field, code: field, next: field })

/** Signing in and out. Before it: form fields parsed into `req.body`, `readers.loadSession`, the same-origin check. */
export function readerRoutes(deps: ReaderRoutes): Router {
  const router = Router()
  router.get('/sign-in', (req, res) => getSignIn(deps, req, res))
  router.post('/sign-in', (req, res) => postSignIn(deps, req, res))
  router.get('/sign-in/code', (req, res) => getCode(deps, req, res))
  router.post('/sign-in/code', (req, res) => postCode(deps, req, res))
  router.post('/sign-out', (req, res) => postSignOut(deps, req, res))
  return router
}

async function getSignIn(deps: ReaderRoutes, req: Request, res: Response): Promise<void> {
  const session = sessionOf(req)
  const next = localPath(req.query.next)
  if (session?.proved) return res.redirect(303, next ?? homeOf(session.staffRole))
  const mailed = parseEmail(req.query.mailed)
  if (mailed) return showCode(deps, req, res, { email: mailed, next })
  await showSignIn(deps, req, res, { email: session?.email ?? '', next })
}

async function postSignIn(deps: ReaderRoutes, req: Request, res: Response): Promise<void> {
  const fields = parseFields(signInForm, req.body)
  const form = { email: fields.email, next: localPath(fields.next) }
  const browser = deps.readers.knownBrowsers.nameFor(req, form.email)
  const sent = await deps.readers.sendSignInCode({ ...form, network: networkOf(req.ip), browser })
  if (sent.sent) return res.redirect(303, codePage(sent.email, form.next))
  await showSignIn(deps, req, res, form, { status: setProblem(res, sent), error: problemText(sent) })
}

/** A mail scanner opens this too: it shows the code and uses nothing up. */
async function getCode(deps: ReaderRoutes, req: Request, res: Response): Promise<void> {
  const form = codeFormOf(req)
  if (!form) return res.redirect(303, '/sign-in')
  await showCode(deps, req, res, form)
}

function codeFormOf(req: Request): CodeForm | null {
  const { for: letters, code } = req.query
  const link = typeof letters === 'string' ? readCodeLink(letters) : null
  if (link) return typeof code === 'string' && /^\d{6}$/.test(code) ? { ...link, code } : link
  const email = parseEmail(req.query.email)
  return email ? { email, next: localPath(req.query.next) } : null
}

async function postCode(deps: ReaderRoutes, req: Request, res: Response): Promise<void> {
  const { email, code, ...fields } = parseFields(codeForm, req.body)
  const next = localPath(fields.next)
  const signIn = await deps.readers.signInWithCode({
    email,
    code,
    network: networkOf(req.ip),
    browser: deps.readers.knownBrowsers.nameFor(req, email),
    sessionId: sessionOf(req)?.sessionId ?? null,
  })
  if (!signIn.ok) {
    const problem = { status: setProblem(res, signIn), error: problemText(signIn) }
    return showCode(deps, req, res, { email, next }, problem)
  }
  res.append('Set-Cookie', signIn.setCookie)
  deps.readers.knownBrowsers.remember(req, res, email)
  const remembered = takeNext(req, res)
  res.redirect(303, next ?? remembered ?? homeOf(signIn.staffRole))
}

async function postSignOut(deps: ReaderRoutes, req: Request, res: Response): Promise<void> {
  res.append('Set-Cookie', await deps.readers.signOut(sessionOf(req)?.sessionId ?? null))
  res.redirect(303, '/')
}

function homeOf(role: StaffRole | null): string {
  return role ? '/admin' : '/account'
}

interface SignInForm {
  email: string
  next: string | null
}

interface CodeForm extends SignInForm {
  code?: string
}

/** Why a form comes back. */
interface Problem {
  status: number
  error: string
}

function showSignIn(
  { render }: ReaderRoutes,
  req: Request,
  res: Response,
  form: SignInForm,
  problem?: Problem,
): Promise<void> {
  const model = { email: form.email, next: form.next ?? '', error: problem?.error ?? null }
  const status = problem?.status ?? 200
  return render(req, res, { view: 'readers/sign-in', title: 'Sign in', ...personal, status, model })
}

function showCode(
  { render }: ReaderRoutes,
  req: Request,
  res: Response,
  form: CodeForm,
  problem?: Problem,
): Promise<void> {
  const { email, code = '' } = form
  const model = { email, code, next: form.next ?? '', error: problem?.error ?? null }
  const status = problem?.status ?? 200
  return render(req, res, { view: 'readers/code', title: 'Enter your code', ...personal, status, model })
}

/** Pages with an address in them: nobody keeps or lists them. */
const personal = { noindex: true, secret: true }
