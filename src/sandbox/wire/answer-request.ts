import { inTransaction } from '../../db/database.ts'
import { apiVersion } from '../events/api-version.ts'
import { type House, isDeadlock, type Present, readPresent } from '../house.ts'
import { newId } from '../objects/ids.ts'
import { Work } from '../objects/work.ts'
import type { SandboxTransaction } from '../tables.ts'
import { ApiError, type ErrorBody, withDocs } from './api-error.ts'
import { authenticate } from './authenticate.ts'
import { decodeForm, type RawMap } from './decode-form.ts'
import { type Endpoint, Refusal } from './endpoint.ts'
import { expand } from './expand.ts'
import { holdKey, type Kept, type Keyed, keepResult } from './idempotency.ts'

export interface ApiRequest {
  method: string
  path: string
  /** Without the question mark. */
  query: string
  body: string
  contentType: string
  authorization: string | undefined
  version: string | undefined
  idempotencyKey: string | undefined
}

export interface ApiReply {
  status: number
  body: string
  headers: Record<string, string>
}

type Matcher = (method: string, path: string) => { endpoint: Endpoint; ids: string[] } | null
interface Context {
  requestId: string
  present: Present
}
interface Outcome {
  status: number
  body: string
  /** Set where the result of an earlier request with the same key is given again. */
  replayOf?: string
  /** Set where it failed on purpose, before its effect or after it. */
  fault?: 'before' | 'after'
}

/** Answers one API request from first to last. Never throws: a fault of our own is Stripe's 500. */
export async function answerRequest(house: House, match: Matcher, request: ApiRequest): Promise<ApiReply> {
  const requestId = newId('req_', 14)
  try {
    return reply(await resolve(house, match, request, requestId), request, requestId)
  } catch (error) {
    if (error instanceof ApiError)
      return reply(refusal(error.status, error.body, requestId), request, requestId)
    house.log({
      level: 'error',
      msg: 'the sandbox failed to answer an API request',
      path: request.path,
      error: String(error instanceof Error ? error.stack : error),
    })
    return reply(serverFault(requestId), request, requestId)
  }
}

async function resolve(
  house: House,
  match: Matcher,
  request: ApiRequest,
  requestId: string,
): Promise<Outcome> {
  authenticate(request.authorization)
  refuseOtherVersions(request.version)
  const found = match(request.method, request.path)
  if (!found) throw unknownAddress(request)
  const raw = parametersOf(request)
  const present = await readPresent(house)
  const { faults } = present
  if (happens(house, faults.rate_limit)) throw tooManyRequests()
  const keyed = keyedRequest(request)
  const outcome = await execute(house, found, raw, keyed, { requestId, present })
  // The effect stands and is kept under its key; only the way back fails.
  return happens(house, faults.api_failure_after) ? failed(requestId, 'after') : outcome
}

function happens(house: House, probability: number): boolean {
  return probability > 0 && house.random() < probability
}

function refuseOtherVersions(version: string | undefined): void {
  if (version === undefined || version === apiVersion) return
  throw new ApiError(400, {
    type: 'invalid_request_error',
    message: `Invalid Stripe API version: ${version}. This sandbox speaks ${apiVersion} only.`,
  })
}

function unknownAddress(request: ApiRequest): ApiError {
  return new ApiError(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${request.method}: ${request.path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  })
}

function tooManyRequests(): ApiError {
  return new ApiError(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message:
      'Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.',
  })
}

function parametersOf(request: ApiRequest): RawMap {
  if (request.body !== '' && !/^application\/x-www-form-urlencoded/i.test(request.contentType)) {
    throw new ApiError(400, {
      type: 'invalid_request_error',
      message: `Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.`,
    })
  }
  return decodeForm([request.query, request.body].filter((part) => part !== '').join('&'))
}

function keyedRequest(request: ApiRequest): Keyed | null {
  if (request.method !== 'POST' || !request.idempotencyKey) return null
  return { key: request.idempotencyKey, method: request.method, path: request.path, body: request.body }
}

async function execute(
  house: House,
  found: { endpoint: Endpoint; ids: string[] },
  raw: RawMap,
  keyed: Keyed | null,
  context: Context,
): Promise<Outcome> {
  if (found.endpoint.method === 'GET') {
    if (happens(house, context.present.faults.api_failure)) return failed(context.requestId, 'before')
    return run(house, house.db, found, raw, keyed, context)
  }
  try {
    return await written(house, found, raw, keyed, context)
  } catch (error) {
    if (error instanceof ApiError) throw error
    const fault = serverFault(context.requestId)
    if (keyed) await keepResult(house.db, keyed, kept(fault, context.requestId), new Date(house.realNow()))
    throw error
  }
}

async function written(
  house: House,
  found: { endpoint: Endpoint; ids: string[] },
  raw: RawMap,
  keyed: Keyed | null,
  context: Context,
): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(house.db, async (tx) => {
        const earlier = keyed ? await holdKey(tx, keyed) : null
        if (earlier) return { status: earlier.status, body: earlier.body, replayOf: earlier.requestId }
        const outcome = happens(house, context.present.faults.api_failure)
          ? failed(context.requestId, 'before')
          : await run(house, tx, found, raw, keyed, context)
        if (keyed) await keepResult(tx, keyed, kept(outcome, context.requestId), new Date(house.realNow()))
        return outcome
      })
    } catch (error) {
      if (attempt === 5 || !isDeadlock(error)) throw error
    }
  }
}

function kept(outcome: Outcome, requestId: string): Kept {
  return { status: outcome.status, body: outcome.body, requestId }
}

async function run(
  house: House,
  tx: SandboxTransaction,
  found: { endpoint: Endpoint; ids: string[] },
  raw: RawMap,
  keyed: Keyed | null,
  { requestId, present: { now, account } }: Context,
): Promise<Outcome> {
  const cause = { id: requestId, idempotency_key: keyed?.key ?? null }
  const { url, enabledEvents } = house
  const work = new Work({ tx, now, account, url, enabledEvents, cause })
  const { answer, expand: paths } = await found.endpoint.run({ work, ids: found.ids }, raw)
  const outcome =
    answer instanceof Refusal
      ? refusal(answer.status, answer.error, requestId)
      : { status: 200, body: pretty(await expand(work, answer, found.endpoint.answers, paths)) }
  await work.flush()
  return outcome
}

function refusal(status: number, error: ErrorBody, requestId: string): Outcome {
  const body = {
    ...withDocs(error),
    request_log_url: `https://dashboard.stripe.com/test/workbench/logs?object=${requestId}`,
  }
  return { status, body: pretty({ error: body }) }
}

function serverFault(requestId: string): Outcome {
  const message = `An unknown error occurred; the request's id is ${requestId}.`
  return refusal(500, { type: 'api_error', message }, requestId)
}

function failed(requestId: string, fault: 'before' | 'after'): Outcome {
  return { ...serverFault(requestId), fault }
}

function pretty(body: object): string {
  return `${JSON.stringify(body, null, 2)}\n`
}

function reply(outcome: Outcome, request: ApiRequest, requestId: string): ApiReply {
  return {
    status: outcome.status,
    body: outcome.body,
    headers: {
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': apiVersion,
      ...(request.idempotencyKey && request.method === 'POST'
        ? { 'idempotency-key': request.idempotencyKey }
        : {}),
      ...(outcome.replayOf ? { 'idempotent-replayed': 'true', 'original-request': outcome.replayOf } : {}),
      // Not Stripe's: tells a watcher what happened, which the same 500 hides.
      ...(outcome.fault ? { 'sandbox-fault': outcome.fault } : {}),
    },
  }
}
