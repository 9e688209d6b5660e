/** The identity of a chunk. The last member of its tar, the manifest, begins with the set and the number. */

import { openChunk } from '../chunk/open-chunk.ts'
import { hasSecret, type OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { parseChunkFile } from '../format/layout.ts'
import type { TarMember } from '../format/read-tar.ts'
import { type ResyncSink, ResyncTar } from '../format/resync-tar.ts'
import { type DiscReader, isBad } from '../media/disc-reader.ts'

export interface ChunkIdentity {
  readonly set: string
  readonly chunk: number
}

/**
 * `closed`: these secrets do not open it. `strange`: it does not even begin as its name says. Undefined: it
 * does not tell.
 */
export async function identifyChunk(
  reader: DiscReader,
  name: string,
  secrets: OpenedSecrets,
  signal?: AbortSignal,
): Promise<ChunkIdentity | 'closed' | 'strange' | undefined> {
  const kind = parseChunkFile(name.slice(name.lastIndexOf('/') + 1))
  if (kind === undefined) return undefined
  let head: Buffer | undefined
  const stored = (async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of reader.read(name)) {
      if (isBad(piece)) return
      head ??= Buffer.from(piece.subarray(0, 512))
      yield Uint8Array.from(piece)
    }
  })()
  const search = new ManifestSearch()
  const tar = new ResyncTar(search)
  try {
    const chunk = { file: name, named: kind, bytes: stored }
    for await (const _ of openChunk(chunk, tar, { secrets, signal }));
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code === 'aborted') throw error
    if (error.code === 'secret' && hasSecret(secrets)) return 'closed'
  }
  tar.end()
  if (search.found) return search.found
  const signature = signatures[kind.encrypted ? 'gpg' : kind.compression]
  return head !== undefined && signature && !signature(head) ? 'strange' : undefined
}

const begins = (bytes: readonly number[]) => (head: Buffer) => bytes.every((byte, i) => head[i] === byte)

const signatures: Readonly<Record<string, (head: Buffer) => boolean>> = {
  gpg: (head) => ((head[0] ?? 0) & 0x80) !== 0,
  bz2: begins([0x42, 0x5a, 0x68]),
  gz: begins([0x1f, 0x8b]),
  zstd: begins([0x28, 0xb5, 0x2f, 0xfd]),
  xz: begins([0xfd, 0x37, 0x7a, 0x58, 0x5a]),
  none: (head) => head.toString('latin1', 257, 262) === 'ustar',
}

/** The first line of a manifest is short. */
const mostLineBytes = 4096

/** Finds the manifest in a tar, also in a damaged one. The last manifest counts. */
class ManifestSearch implements ResyncSink {
  found: ChunkIdentity | undefined
  #start: Buffer = Buffer.alloc(0)

  readonly isWanted = (name: string): boolean => isManifest(name)

  readonly begin = ({ name, isFile }: TarMember): boolean => {
    this.#start = Buffer.alloc(0)
    return isFile && isManifest(name)
  }

  readonly data = (bytes: Uint8Array): void => {
    if (this.#start.includes(newline) || this.#start.length >= mostLineBytes) return
    this.#start = Buffer.concat([this.#start, bytes.subarray(0, mostLineBytes)])
    this.#read()
  }

  readonly hole = (): void => {}
  readonly end = (): void => {}
  readonly cut = (): void => {}

  #read(): void {
    const end = this.#start.indexOf(newline)
    if (end < 0) return
    const line = this.#start.toString('utf8', 0, end)
    const fields = /^\{"t":"chunk",.*\}$/.test(line) ? (parsed(line) as Partial<ChunkIdentity>) : {}
    if (typeof fields.set === 'string' && typeof fields.chunk === 'number') {
      this.found = { set: fields.set, chunk: fields.chunk }
    }
  }
}

const newline = 0x0a
const isManifest = (name: string): boolean => name.startsWith('.butcher/manifest-')

function parsed(line: string): object {
  try {
    return JSON.parse(line) as object
  } catch {
    return {}
  }
}
