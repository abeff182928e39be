const here = 'http://here.invalid'

/**
 * Where a form may lead afterwards: a path of this site, as given; null for anything that a browser could take for
 * another site, and for what is no path. Browsers drop tabs and line breaks and read `\` as `/`
 * (https://url.spec.whatwg.org/#url-parsing, read 2026-11-22).
 */
export function localPath(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 2000) return null
  if (!/^\/[!-[\]-~]*$/.test(text) || !URL.canParse(text, here)) return null
  const url = new URL(text, here)
  // "/..//elsewhere" stays here as it is written, but not once someone has shortened it.
  return url.origin === here && !url.pathname.startsWith('//') && !text.startsWith('//') ? text : null
}
