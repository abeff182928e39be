/** Where the two programs are. */
export interface Place {
  appUrl: string
  sandboxUrl: string
}

/** What the sandbox can be told to do wrong, each from 0 to 1, and `delay_ms`. */
export interface Faults {
  duplicate?: number
  delay_ms?: number
  reorder?: number
  drop?: number
  api_failure?: number
  api_failure_after?: number
  rate_limit?: number
}

/** Switches off what is not named. */
export async function setFaults(place: Place, faults: Faults): Promise<void> {
  await postJson(place, '/faults', { reset: 'on', ...faults })
}

/** A day at a time, since nobody waits for ever for one answer. Resolves once every event that fell due was tried. */
export async function advanceDays(place: Place, days: number): Promise<void> {
  for (let day = 0; day < days; day++) await postJson(place, '/clock/advance', { days: 1 })
}

export async function readClock(place: Place): Promise<Date> {
  const answer = await fetch(`${place.sandboxUrl}/clock`)
  const { now } = (await answer.json()) as { now: string }
  return new Date(now)
}

/** The six digits of the newest mail to an address; null: there is none. */
export async function newestCode(place: Place, address: string): Promise<string | null> {
  const answer = await fetch(`${place.sandboxUrl}/mail.json?to=${encodeURIComponent(address)}`)
  const mails = (await answer.json()) as { text: string }[]
  for (const mail of mails) {
    const code = /\b\d{6}\b/.exec(mail.text)?.[0]
    if (code) return code
  }
  return null
}

async function postJson(place: Place, path: string, body: object): Promise<void> {
  const answer = await fetch(place.sandboxUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${path}: ${text}`)
}
