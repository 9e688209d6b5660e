/** Proves that a store has a file as it was sent. */

import type { Readable } from 'node:stream'
import { fileOf, hashOf } from './rclone-files.ts'
import { digestLocal, digestOf } from './read-local.ts'
import type { Expected, GetOptions, Proof } from './store.ts'

export interface Proving {
  /** The hash that the store makes, if any. */
  readonly hashType: string | undefined
  readonly sizeIsProof: boolean
  /** What rclone tells about a file; undefined if there is none. */
  readonly item: (file: string, opt: object, signal: AbortSignal | undefined) => Promise<unknown>
  readonly get: (file: string, options: GetOptions) => Readable
}

export interface SentFile {
  readonly local: string
  /** Its path in the store. */
  readonly at: string
  readonly expected: Expected
  /** That of the local file by the hash of the store, if it is known. */
  readonly digest: string | undefined
  readonly signal: AbortSignal | undefined
}

/** The file in the store is another one: it may be sent again. */
export class WrongContent extends Error {}

/** Throws `WrongContent`, `damaged` if the local file is the wrong one, and errors of the store. */
export async function proveUpload(proving: Proving, sent: SentFile): Promise<Proof> {
  const { hashType, sizeIsProof, item: ask } = proving
  const { local, at, expected, digest, signal } = sent
  if (hashType === undefined && !sizeIsProof) return readBack(proving, sent)
  const opt = hashType === undefined ? {} : { showHash: true, hashTypes: [hashType] }
  const item = await ask(at, opt, signal)
  checkSize(fileOf(item)?.bytes, expected)
  const found = hashType === undefined ? undefined : hashOf(item, hashType)
  if (found === undefined || hashType === undefined) return sizeIsProof ? 'size' : readBack(proving, sent)
  if (hashType === 'sha256' && found === expected.sha256) return 'hash'
  // The local file may be the wrong one.
  const wanted = digest ?? (await digestLocal(local, hashType, expected, signal))
  if (found !== wanted) throw new WrongContent(`its ${hashType} is ${found}, not ${wanted}`)
  return 'hash'
}

/** Asks for one byte more, so that the size needs no call of its own. */
async function readBack({ get, item }: Proving, { local, at, expected, signal }: SentFile): Promise<Proof> {
  const found = await digestOf(get(at, { length: expected.bytes + 1, signal })).catch(
    async (error: unknown) => {
      if (fileOf(await item(at, {}, signal)) !== undefined) throw error
      throw new WrongContent('it is not there')
    },
  )
  if (found.bytes === expected.bytes && found.sha256 === expected.sha256) return 'read-back'
  // The local file may be the wrong one.
  await digestLocal(local, undefined, expected, signal)
  if (found.bytes > expected.bytes) throw new WrongContent(`it has more than ${expected.bytes} bytes`)
  checkSize(found.bytes, expected)
  throw new WrongContent(`its sha256 is ${found.sha256}, not ${expected.sha256}`)
}

function checkSize(bytes: number | undefined, expected: Expected): void {
  if (bytes !== expected.bytes) throw new WrongContent(`it has ${bytes ?? 'no'} bytes, not ${expected.bytes}`)
}
