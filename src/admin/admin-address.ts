/**
 * Whether an address is one of the staff desk's, however it is written: other case, more slashes, escaped letters. Such
 * addresses lead to no page, but a stranger must not learn from their answer which ones do.
 */
export function isAdminAddress(path: string): boolean {
  return /^[/\\]+admin(?![a-z0-9_-])/i.test(unescaped(path))
}

/** Each escape by itself: one that is no letter's, or broken, leaves the others readable. */
function unescaped(path: string): string {
  return path.replace(/%[0-7][0-9a-f]/gi, (found) => String.fromCharCode(Number.parseInt(found.slice(1), 16)))
}
