/** The way of a chunk's bytes back: stored -> decrypted -> decompressed -> the members of its tar. */

import { decompressDamaged, type Gap, isGap } from '../compress/decompress-damaged.ts'
import { decompress } from '../compress/decompress.ts'
import { skipBlocks } from '../compress/skip-blocks.ts'
import { decryptDamaged } from '../crypto/decrypt-damaged.ts'
import { decrypt } from '../crypto/decrypt.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import type { ChunkFileName } from '../format/layout.ts'

export interface StoredChunk {
  /** Names the chunk in messages. */
  readonly file: string
  readonly named: Pick<ChunkFileName, 'compression' | 'encrypted'>
  readonly bytes: AsyncIterable<Uint8Array>
}

/** Takes the plain bytes and finds the members in them: a `TarReader`, a `ResyncTar`. */
export interface TarFeed {
  readonly feed: (bytes: Uint8Array) => void
}

/** Also takes what damage leaves. */
export interface GapFeed extends TarFeed {
  /** So many bytes are missing, or an unknown number. */
  readonly gap: (missing: number | undefined) => void
}

export interface OpenOptions {
  readonly secrets: OpenedSecrets
  /** Bounds what lbzip2 takes. */
  readonly threads?: number
  /** Ends a program that gives nothing. */
  readonly signal?: AbortSignal | undefined
  /** Of a chunk in bzip2: leaves out about so many blocks at its beginning. */
  readonly fromBlock?: number
}

/**
 * Feeds a chunk to `tar`. After each piece, it yields the length of the piece; to stop early, stop reading.
 * Throws `damaged` at the first damage, when everything before it is fed, and `secret` if the secrets do not
 * open the chunk.
 */
export async function* openChunk(
  { file, named, bytes }: StoredChunk,
  tar: TarFeed,
  { secrets, threads = 1, signal, fromBlock }: OpenOptions,
): AsyncGenerator<number> {
  const packed = named.encrypted ? decrypt(bytes, secrets, file) : bytes
  const wanted = fromBlock === undefined ? packed : skipBlocks(packed, fromBlock)
  for await (const piece of decompress(wanted, named.compression, threads, signal)) {
    tar.feed(piece)
    yield piece.length
  }
}

/**
 * Like `openChunk`, but continues past damage: a hash has to prove which bytes are right. `sizeBytes` is the
 * size that the chunk was stored with. Throws `damaged` or `secret` if its session key is lost.
 */
export async function* openDamagedChunk(
  { file, named, bytes }: StoredChunk,
  sizeBytes: number,
  tar: GapFeed,
  secrets: OpenedSecrets,
): AsyncGenerator<number> {
  const packed = named.encrypted ? decryptDamaged(bytes, sizeBytes, secrets, file) : bytes
  for await (const piece of decompressDamaged(packed, named.compression)) {
    yield feedOrGap(tar, piece)
  }
}

function feedOrGap(tar: GapFeed, piece: Uint8Array | Gap): number {
  if (isGap(piece)) {
    tar.gap(piece.missing)
    return piece.missing ?? 0
  }
  tar.feed(piece)
  return piece.length
}
