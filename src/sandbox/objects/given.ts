/** The entries of `params` that were given (null counts), so that what was not given stays as it is. */
export function given<T extends object>(params: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}
