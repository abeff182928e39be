import type { Shapes } from '../objects/shapes.ts'

export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  param?: string
  decline_code?: string
  advice_code?: string
  doc_url?: string
  charge?: string
  payment_intent?: Shapes['payment_intent']
  setup_intent?: Shapes['setup_intent']
  payment_method?: Shapes['payment_method']
}

/** A refusal in the API's words. What was done in its transaction is undone. */
export class ApiError extends Error {
  readonly status: number
  readonly body: ErrorBody

  constructor(status: number, body: ErrorBody) {
    super(body.message)
    this.status = status
    this.body = withDocs(body)
  }
}

/** The API links a page for each code: https://docs.stripe.com/error-codes (read 2026-11-22). */
export function withDocs(body: ErrorBody): ErrorBody {
  if (!body.code) return body
  return { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll('_', '-')}` }
}

/** 400 for a parameter; `code` is absent where the API gives none. */
export function invalid(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, {
    type: 'invalid_request_error',
    message,
    ...(param ? { param } : {}),
    ...(code ? { code } : {}),
  })
}

/** 404 for an id in the address (`param` is then 'id'), 400 for an id in a parameter. */
export function missing(noun: string, id: string, param: string, status: 400 | 404): ApiError {
  return new ApiError(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${noun}: '${id}'`,
    param,
  })
}
