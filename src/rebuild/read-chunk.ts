/** Reads one chunk to its end: hashes the file, and extracts its manifest into a file. */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import { openChunk } from '../chunk/open-chunk.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError, stopped, systemText, throwIfAborted } from '../errors.ts'
import { manifestMember } from '../format/manifest.ts'
import { type TarMember, TarReader } from '../format/read-tar.ts'
import { bytesOf } from '../media/disc-files.ts'
import type { ChunkFile } from './find-chunks.ts'
import { type ManifestHead, manifestHead } from './manifest-file.ts'

export interface ReadChunk extends ManifestHead {
  readonly found: ChunkFile
  readonly bytes: number
  readonly sha256: string
  /** The encryption proves that the file is unchanged. */
  readonly isAuthentic: boolean
  readonly manifestFile: string
}

export interface ReadOptions {
  readonly secrets: OpenedSecrets
  /** The threads that lbzip2 may use. */
  readonly threads: number
  readonly signal: AbortSignal | undefined
  readonly onBytes: (bytes: number) => void
}

/**
 * Reads all of `found`, and extracts its manifest to `manifestFile`. Throws `damaged` if it is incomplete or
 * not a chunk, and `secret` if it cannot be decrypted. Also throws errors that end the run: `aborted`,
 * `program`, no space for temporary files.
 */
export async function readChunk(
  found: ChunkFile,
  manifestFile: string,
  options: ReadOptions,
): Promise<ReadChunk> {
  const stored = { hash: createHash('sha256'), bytes: 0, ended: false }
  const sink = new ManifestSink(manifestFile)
  try {
    const bytes = storedBytes(found.file, stored, options)
    const tar = new TarReader(sink)
    for await (const _ of openChunk({ ...found, bytes }, tar, options));
    if (!tar.ended) throw new ButcherError('damaged', 'it is cut short')
    if (!stored.ended) throw new ButcherError('damaged', 'there is something behind its end')
  } catch (error) {
    throw asDamage(error, options.signal)
  } finally {
    sink.close()
  }
  if (sink.name === undefined) throw new ButcherError('damaged', 'it holds no manifest of butcher')
  const head = manifestHead(manifestFile)
  if (sink.name !== manifestMember(head.chunk.chunk))
    throw new ButcherError('damaged', 'its manifest is of another chunk')
  const sha256 = stored.hash.digest('hex')
  return { ...head, found, bytes: stored.bytes, sha256, isAuthentic: found.named.encrypted, manifestFile }
}

/** A foreign file must not end the run. An abort, or an error while writing temporary files, must. */
function asDamage(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return stopped(undefined, { cause: error })
  if (error instanceof ButcherError) return error
  if (error instanceof SpoolFailure) return error.cause
  return new ButcherError('damaged', systemText(error), { cause: error })
}

class SpoolFailure extends Error {}

async function* storedBytes(
  file: string,
  stored: { hash: Hash; bytes: number; ended: boolean },
  { signal, onBytes }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of bytesOf(file)) {
    throwIfAborted(signal)
    stored.hash.update(bytes)
    stored.bytes += bytes.length
    onBytes(bytes.length)
    yield bytes
  }
  stored.ended = true
}

/** Extracts the manifest from a tar: the last member of that name. */
class ManifestSink {
  name: string | undefined
  readonly #file: string
  #fd: number | undefined

  constructor(file: string) {
    this.#file = file
  }

  readonly begin = ({ name, isFile }: TarMember): boolean => {
    if (!isFile || !/^\.butcher\/manifest-\d{8,}\.jsonl$/.test(name)) return false
    this.close()
    this.name = name
    this.#fd = guarded(() => fs.openSync(this.#file, 'w', 0o600))
    return true
  }

  readonly data = (bytes: Uint8Array): void => {
    guarded(() => {
      for (let done = 0; done < bytes.length;) done += fs.writeSync(this.#fd as number, bytes, done)
    })
  }

  readonly hole = (): void => {
    throw new ButcherError('damaged', 'its manifest is damaged')
  }

  readonly end = (): void => {}

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
  }
}

function guarded<T>(doing: () => T): T {
  try {
    return doing()
  } catch (cause) {
    throw new SpoolFailure('cannot write a temporary file', { cause })
  }
}
