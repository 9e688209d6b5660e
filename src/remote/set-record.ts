/** The record of a set in its store, `.butcher/set.json`: which set it is, and which run wrote to it last. */

import { createHash } from 'node:crypto'
import path from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { setRecordFile, workFolder } from '../format/layout.ts'
import type { Store } from '../store/store.ts'

export interface SetRecord {
  readonly set: string
  /** A new word for each run that writes. If it is the word of our last run, nobody has written since. */
  readonly writer: string
}

export const setRecordPath = `${workFolder}/${setRecordFile}`
const mostBytes = 4096

/** Undefined if there is none, or none that can be understood. */
export async function readSetRecord(store: Store, signal?: AbortSignal): Promise<SetRecord | undefined> {
  const pieces: Buffer[] = []
  const options = { length: mostBytes, ...(signal ? { signal } : {}) }
  for await (const piece of store.get(setRecordPath, options)) pieces.push(piece as Buffer)
  try {
    const { set, writer } = JSON.parse(Buffer.concat(pieces).toString('utf8')) as Record<string, unknown>
    const isSound = (value: unknown): value is string =>
      typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
    return isSound(set) && isSound(writer) ? { set, writer } : undefined
  } catch {
    return undefined
  }
}

/** Throws errors of the store. `folder`: for the file on its way. */
export async function writeSetRecord(
  store: Store,
  record: SetRecord,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const text = `${JSON.stringify(record)}\n`
  const file = path.join(folder, setRecordFile)
  writeDurably(folder, file, text)
  const sha256 = createHash('sha256').update(text).digest('hex')
  await store.put(file, setRecordPath, { bytes: Buffer.byteLength(text), sha256 }, { signal })
}
