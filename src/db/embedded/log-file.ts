import { copyFile, stat, truncate } from 'node:fs/promises'
import { ifMissing } from './folder.ts'

const largestBytes = 1024 * 1024

/**
 * Empties the server's log once it is over a megabyte, after keeping its text in a second file beside it. The server
 * holds it open for appending and goes on at the new end.
 */
export async function keepLogSmall(path: string): Promise<void> {
  const size = await stat(path).then((entry) => entry.size, ifMissing(0))
  if (size <= largestBytes) return
  await copyFile(path, `${path}.old`)
  await truncate(path)
}
