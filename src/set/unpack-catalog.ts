/** Unpacks a catalog, however it is packed. */

import fs from 'node:fs'
import os from 'node:os'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { boundedDatabase } from '../catalog/bounded-database.ts'
import type { PackedSegments } from '../compress/packed-segments.ts'
import type { PassphraseForm } from '../crypto/passphrase-forms.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { asButcherError, ButcherError, throwIfAborted } from '../errors.ts'
import { bytesOf, inspectFile, openFile } from '../media/disc-files.ts'
import { knownKind } from '../media/foreign-file.ts'

/**
 * Writes the catalog `file` in plain to `into`: a SQLite file, perhaps compressed by bzip2, perhaps
 * encrypted. The content shows which. Resolves with the form of the passphrase that opened it, if it differs
 * from the given one. `segments` gets the streams of a compressed one. After a failure, nothing stays in
 * `into`. Throws `catalog`, `secret` or `damaged`.
 */
export async function unpackCatalog(
  file: string,
  secrets: OpenedSecrets,
  into: string,
  signal?: AbortSignal,
  segments?: PackedSegments,
): Promise<PassphraseForm | undefined> {
  let form: PassphraseForm | undefined
  try {
    const plain = boundedDatabase(
      await plainCatalog(file, secrets, segments, signal, (other) => (form = other)),
      inspectFile(file)?.sizeBytes ?? 0,
      file,
    )
    const output = fs.createWriteStream(into, { mode: 0o600 })
    await pipeline(Readable.from(plain, { objectMode: false }), output, signal ? { signal } : {})
    return form
  } catch (error) {
    fs.rmSync(into, { force: true })
    throwIfAborted(signal, error)
    if (error instanceof ButcherError && error.code === 'damaged') {
      throw new ButcherError('catalog', `the catalog ${file} is damaged`, { path: file, cause: error })
    }
    // A full device stops only the writing, never the reading.
    const failure = asButcherError(error, 'cannot write', into)
    if (failure.code === 'no-space') throw failure
    throw asButcherError(error, 'cannot read the catalog', file)
  }
}

async function plainCatalog(
  file: string,
  secrets: OpenedSecrets,
  segments: PackedSegments | undefined,
  signal: AbortSignal | undefined,
  onForm: (form: PassphraseForm) => void,
): Promise<AsyncIterable<Uint8Array>> {
  const head = firstBytes(file)
  const stored = bytesOf(file)
  if (isSqlite(head)) return stored
  if (isBzip2(head)) return unpacked(stored, segments, signal)
  if (!isOpenPgp(head) || isXz(head)) {
    throw noCatalog(file)
  }
  const { decrypt } = await import('../crypto/decrypt.ts')
  return inner(decrypt(stored, secrets, file, onForm), file, segments, signal)
}

/** The content of an encrypted catalog: bzip2, or SQLite itself. */
async function* inner(
  content: AsyncGenerator<Uint8Array>,
  file: string,
  segments: PackedSegments | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0)
  while (head.length < 16) {
    const { value, done } = await content.next()
    if (done) throw noCatalog(file)
    head = Buffer.concat([head, value])
  }
  const whole = (async function* (): AsyncGenerator<Uint8Array> {
    yield head
    yield* content
  })()
  if (isSqlite(head)) yield* whole
  else if (isBzip2(head)) yield* await unpacked(whole, segments, signal)
  else throw noCatalog(file)
}

/**
 * The code for decryption and decompression is loaded only if needed. Most catalogs are plain, and start-up
 * time matters.
 */
async function unpacked(
  packed: AsyncIterable<Uint8Array>,
  segments: PackedSegments | undefined,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  if (segments) return segments.unpack(packed, os.availableParallelism(), signal)
  const { decompress } = await import('../compress/decompress.ts')
  return decompress(packed, 'bz2', os.availableParallelism(), signal)
}

const headBytes = 100

/** Throws `io`. */
export function firstBytes(file: string): Buffer {
  try {
    const open = openFile(file)
    try {
      const head = Buffer.alloc(headBytes)
      return head.subarray(0, open.readAt(head, 0))
    } finally {
      open.close()
    }
  } catch (error) {
    throw asButcherError(error, 'cannot read the catalog', file)
  }
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text

export const isSqlite = (bytes: Uint8Array): boolean => startsWith(bytes, 'SQLite format 3\0')
const isXz = (bytes: Uint8Array): boolean => startsWith(bytes, '\xfd7zXZ')
const isBzip2 = (bytes: Uint8Array): boolean => startsWith(bytes, 'BZh')
/** Every OpenPGP packet begins with the highest bit set. */
export const isOpenPgp = (bytes: Uint8Array): boolean => ((bytes[0] ?? 0) & 0x80) !== 0
/** Bytes 18 and 19 of the header are 2 if reading needs extra files (SQLite's file format, 1.3). */
export const usesWriteAheadLog = (head: Buffer): boolean => head[18] === 2 || head[19] === 2

function noCatalog(file: string): ButcherError {
  const kind = knownKind(file)
  return new ButcherError(
    'catalog',
    `${file} is not a butcher catalog${kind === undefined ? '' : `: it ${kind.is}`}`,
    {
      path: file,
      hint: kind?.hint ?? 'give a destination of backup, a disc, a folder of discs, or a catalog file',
    },
  )
}
