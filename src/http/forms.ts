import type { Request } from 'express'
import type { z } from 'zod'
import { InvalidInput } from '../errors.ts'

/** A form's or query's fields as `schema` wants them. Throws InvalidInput with the first field's message. */
export function parseFields<T extends z.ZodType>(schema: T, fields: unknown): z.infer<T> {
  const parsed = schema.safeParse(fields ?? {})
  if (parsed.success) return parsed.data
  throw new InvalidInput(parsed.error.issues[0]?.message ?? 'This form cannot be read.')
}

/** A query's single text value, trimmed and cut to 200 characters; '' when absent or given twice. */
export function queryText(req: Request, name: string): string {
  const value = req.query[name]
  return typeof value === 'string' ? value.trim().slice(0, 200) : ''
}
