/** What a chunk says of itself: its manifest, the last member of its tar, begins with the set and the number. */

import { decompress } from '../compress/decompress.ts'
import { decrypt } from '../crypto/decrypt.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { parseChunkFile } from '../format/layout.ts'
import { type DiscReader, isBad } from '../media/disc-reader.ts'

export interface ChunkIdentity {
  readonly set: string
  readonly chunk: number
}

/** `closed`: these secrets do not open it. `strange`: it does not even begin as its name says. Undefined: it does not tell. */
export async function nameChunk(
  reader: DiscReader,
  name: string,
  secrets: Secrets,
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
  try {
    const compressed = kind.encrypted ? decrypt(stored, secrets, name) : stored
    for await (const bytes of decompress(compressed, kind.compression, 1, signal)) search.feed(bytes)
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code === 'aborted') throw error
    if (error.code === 'secret' && (secrets.passphrase ?? secrets.privateKey) !== undefined) return 'closed'
  }
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

const blockBytes = 512

/** Looks at a tar block by block: the last block that is a manifest's header, and the line behind it, count. */
class ManifestSearch {
  found: ChunkIdentity | undefined
  #rest: Buffer = Buffer.alloc(0)
  #follows = false

  feed(bytes: Uint8Array): void {
    const all = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    let at = 0
    for (; at + blockBytes <= all.length; at += blockBytes) {
      const block = all.subarray(at, at + blockBytes)
      if (this.#follows) this.#read(block)
      this.#follows =
        block.toString('latin1', 0, 18) === '.butcher/manifest-' &&
        block.toString('latin1', 257, 262) === 'ustar'
    }
    this.#rest = Buffer.from(all.subarray(at))
  }

  #read(block: Buffer): void {
    const line = block.toString('utf8').split('\n')[0] as string
    const fields = /^\{"t":"chunk",.*\}$/.test(line) ? (parsed(line) as Partial<ChunkIdentity>) : {}
    if (typeof fields.set === 'string' && typeof fields.chunk === 'number') {
      this.found = { set: fields.set, chunk: fields.chunk }
    }
  }
}

function parsed(line: string): object {
  try {
    return JSON.parse(line) as object
  } catch {
    return {}
  }
}
