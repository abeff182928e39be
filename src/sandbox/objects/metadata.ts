export type Metadata = Record<string, string>
/** As a request gives it: null clears all, a null value removes its name, undefined leaves all as it is. */
export type MetadataChange = Record<string, string | null> | null | undefined

/** The metadata after a change. */
export function mergeMetadata(before: Metadata, change: MetadataChange): Metadata {
  if (change === undefined) return before
  if (change === null) return {}
  const kept = Object.entries({ ...before, ...change }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  return Object.fromEntries(kept)
}

/** The metadata of a new object. */
export function newMetadata(given: MetadataChange): Metadata {
  return mergeMetadata({}, given)
}
