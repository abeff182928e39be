/** A place in a list that is sorted by time and id, as addresses carry it: short, and the same in every locale. */
export function placeText(at: Date, id: string): string {
  return `${at.getTime()}_${id}`
}

/** null: the text is none of ours, and the list begins at the top. */
export function parsePlace(text: string): { at: Date; id: string } | null {
  const match = /^(\d{1,14})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text)
  return match?.[1] && match[2] ? { at: new Date(Number(match[1])), id: match[2] } : null
}
