import autocannon from 'autocannon'

export interface Load {
  url: string
  seconds: number
  headers?: Record<string, string>
  /** What every answer must have; another one ends the benchmark. */
  status: number
}

const connections = 50

/** Requests a second that an address answers under 50 connections. Throws if any answer is not what it must be. */
export async function requestsPerSecond({ url, seconds, headers, status }: Load): Promise<number> {
  const result = await autocannon({ url, connections, duration: seconds, headers: headers ?? {} })
  const [kind] = String(status)
  const expected = kind === '2' ? result['2xx'] : result['3xx']
  const others = result.requests.total - expected
  if (result.errors + result.timeouts > 0 || others > 0 || expected === 0) {
    throw new Error(`${url}: ${expected} answers as expected, ${others} others, ${result.errors} errors`)
  }
  return expected / result.duration
}

/** Measures two things in turn, A B A B, after one round that does not count. */
export async function inTurn(
  rounds: number,
  a: (seconds: number) => Promise<number>,
  b: (seconds: number) => Promise<number>,
  seconds: number,
): Promise<{ a: number[]; b: number[] }> {
  const measured = { a: [] as number[], b: [] as number[] }
  await a(1)
  await b(1)
  for (let round = 0; round < rounds; round++) {
    measured.a.push(await a(seconds))
    measured.b.push(await b(seconds))
  }
  return measured
}

export function median(values: number[]): number {
  const sorted = values.toSorted((x, y) => x - y)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = [sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)], sorted[middle]]
  return (low + high) / 2
}
