import { type Clock, realClock } from '../clock.ts'
import { CannotStart } from '../errors.ts'

export interface SandboxClock {
  clock: Clock
  stop: () => void
}

interface ClockState {
  offsetMs: number
  version: number
  /** In the first message alone: who acknowledges. */
  listener?: string
}

/**
 * The sandbox's time, which can be moved: the machine's plus an offset that the sandbox tells, and that this process
 * acknowledges. A lost connection is made anew. Throws CannotStart where no sandbox answers at the start.
 */
export async function followSandboxClock(
  sandboxUrl: string,
  log: (text: string) => void,
): Promise<SandboxClock> {
  const stopped = new AbortController()
  let offsetMs = 0
  let listener = ''
  const take = async (state: ClockState) => {
    offsetMs = state.offsetMs
    listener = state.listener ?? listener
    await acknowledge(sandboxUrl, listener, state.version)
  }
  const first = Promise.withResolvers<void>()
  const follow = async () => {
    for (let lost = 0; !stopped.signal.aborted; lost++) {
      try {
        for await (const state of readStream(sandboxUrl, stopped.signal)) {
          await take(state)
          first.resolve()
        }
      } catch (error) {
        if (lost === 0)
          first.reject(
            new CannotStart(
              `No sandbox answers at ${sandboxUrl}: start one with "npm run sandbox", or unset SANDBOX_URL.`,
            ),
          )
        else if (!stopped.signal.aborted) log(`the sandbox's clock is out of reach: ${String(error)}`)
      }
      await pause(500, stopped.signal)
    }
  }
  void follow()
  try {
    await first.promise
  } catch (error) {
    stopped.abort()
    throw error
  }
  return { clock: () => new Date(realClock().getTime() + offsetMs), stop: () => stopped.abort() }
}

/** Server-sent events, one JSON state each. */
async function* readStream(sandboxUrl: string, signal: AbortSignal): AsyncGenerator<ClockState> {
  const answer = await fetch(`${sandboxUrl}/clock/stream`, { signal })
  if (!answer.ok || !answer.body) throw new Error(`the sandbox answered ${answer.status}`)
  let text = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const messages = text.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const data = /^data: ?(.*)$/m.exec(message)?.[1]
      if (data) yield JSON.parse(data) as ClockState
    }
  }
}

async function acknowledge(sandboxUrl: string, listener: string, version: number): Promise<void> {
  await fetch(`${sandboxUrl}/clock/acknowledgements`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ listener, version }),
  })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    timer.unref()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
