import type { RequestHandler } from 'express'
import { InvalidInput, NotFound } from '../errors.ts'

/** PostgreSQL's text holds no NUL, and nobody types one: refused at the door rather than a fault at every table. */
export const refuseNulInAddress: RequestHandler = (req, _res, next) => {
  if (/%00/.test(req.url)) throw new NotFound()
  next()
}

/** The same for a form's fields, once they are parsed. */
export const refuseNulInForm: RequestHandler = (req, _res, next) => {
  const fields: Record<string, unknown> = req.body ?? {}
  if (JSON.stringify(fields).includes('\\u0000'))
    throw new InvalidInput('The form holds a character that no text can have.')
  next()
}
