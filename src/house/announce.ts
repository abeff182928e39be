import type { Settings } from '../settings.ts'

/** What whoever started the program wants to know first. */
export function announcement(
  settings: Settings,
  publicationName: string,
  publicUrl: string,
  sandboxUrl: string | null,
): string {
  if (!sandboxUrl) return `${publicationName} is open at ${publicUrl}\n`
  return [
    '',
    `  ${publicationName} is open:   ${publicUrl}`,
    `  The sandbox:            ${sandboxUrl}   (payments, mailbox, clock; no real card is charged)`,
    `  Staff sign in:          ${publicUrl}/sign-in as ${settings.ownerEmail}; the code arrives at ${sandboxUrl}/mail`,
    '  A card that pays:       4242 4242 4242 4242, any date to come, any CVC',
    '',
    '  Ctrl-C stops it.',
    '',
    '',
  ].join('\n')
}
