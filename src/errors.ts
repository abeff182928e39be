/** A fault that a person caused or can mend. `message` is written for that person and safe to show. */
export class PublicError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
    this.name = new.target.name
  }
}

export class NotFound extends PublicError {
  constructor(message = 'There is nothing at this address.') {
    super(404, message)
  }
}

export class Forbidden extends PublicError {
  constructor(message = 'This is not yours to see.') {
    super(403, message)
  }
}

export class InvalidInput extends PublicError {
  constructor(message: string) {
    super(422, message)
  }
}

export class Conflict extends PublicError {
  constructor(message: string) {
    super(409, message)
  }
}

export class TooManyRequests extends PublicError {
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number, message: string) {
    super(429, message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A start that cannot succeed; `message` is one line for the operator that says what to do. */
export class CannotStart extends Error {
  override name = 'CannotStart'
}
