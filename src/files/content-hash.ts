/**
 * The hash of a content that may be mostly zeros. Zeros are hashed like other bytes, at some 2 GB a second.
 * But the state after leading zeros is kept. So files with the same leading hole, or a file read twice, cost
 * it once.
 */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import { type DataRange, rangesWithin } from '../format/sparse-map.ts'
import { findHoles } from './holes.ts'

const zeros = Buffer.alloc(1 << 20)
const checkEveryBytes = 1 << 28

/** For each algorithm, the longest hashed run of zeros, and the state after it. */
const known = new Map<string, { readonly length: number; readonly hash: Hash }>()

export class ContentHash {
  readonly #algorithm: string
  readonly #check: () => void
  #hash: Hash | undefined
  /** Leading zeros that are not hashed yet. */
  #leading = 0

  /** `check` is called every quarter of a gigabyte of zeros; an error from it ends the hashing. */
  constructor(algorithm: string, check: () => void = () => {}) {
    this.#algorithm = algorithm
    this.#check = check
  }

  update(bytes: Uint8Array): void {
    this.#begun().update(bytes)
  }

  zeros(length: number): void {
    if (this.#hash === undefined) this.#leading += length
    else this.#feed(this.#hash, length)
  }

  digest(): Buffer {
    return this.#begun().digest()
  }

  #begun(): Hash {
    if (this.#hash !== undefined) return this.#hash
    const length = this.#leading
    const before = known.get(this.#algorithm)
    if (before !== undefined && before.length <= length) {
      this.#hash = before.hash.copy()
      this.#feed(this.#hash, length - before.length)
    } else {
      this.#hash = createHash(this.#algorithm)
      this.#feed(this.#hash, length)
    }
    if (length > Math.max(zeros.length, before?.length ?? 0))
      known.set(this.#algorithm, { length, hash: this.#hash.copy() })
    return this.#hash
  }

  #feed(hash: Hash, length: number): void {
    for (let done = 0; done < length;) {
      const piece = Math.min(zeros.length, length - done)
      hash.update(piece === zeros.length ? zeros : zeros.subarray(0, piece))
      done += piece
      if (done % checkEveryBytes === 0) this.#check()
    }
  }
}

type Fed = Pick<ContentHash, 'update' | 'zeros'>

/** The hash of a whole open file, without reading its holes. `onBytes` gets each piece, holes included. */
export function hashOpenFile(
  fd: number,
  algorithm: string,
  onBytes: (bytes: number) => void = () => {},
): Buffer {
  const hash = new ContentHash(algorithm)
  const fed: readonly Fed[] = [hash, { update: (piece) => onBytes(piece.length), zeros: onBytes }]
  const stat = fs.fstatSync(fd, { bigint: true })
  const holes = findHoles(fd, stat)
  if (typeof holes === 'string') feedRange(fd, 0, Infinity, fed)
  else feedContent(fd, 0, Number(stat.size), holes, fed)
  return hash.digest()
}

/**
 * Feeds the bytes from `from` to `to` of a file; its data is in `ranges`, if known. False if the file ends
 * before `to`.
 */
export function feedContent(
  fd: number,
  from: number,
  to: number,
  ranges: readonly DataRange[] | undefined,
  hashes: readonly Fed[],
): boolean {
  let at = from
  for (const { offset, length } of rangesWithin(ranges ?? [{ offset: 0, length: to }], from, to)) {
    for (const hash of hashes) hash.zeros(from + offset - at)
    if (feedRange(fd, from + offset, length, hashes) < length) return false
    at = from + offset + length
  }
  for (const hash of hashes) hash.zeros(to - at)
  return true
}

/** Feeds up to `length` bytes from `offset` to `hashes`; returns the number of bytes that existed. */
function feedRange(fd: number, offset: number, length: number, hashes: readonly Fed[]): number {
  const piece = Buffer.allocUnsafeSlow(Math.max(1, Math.min(zeros.length, length)))
  let done = 0
  while (done < length) {
    const read = fs.readSync(fd, piece, 0, Math.min(piece.length, length - done), offset + done)
    if (read === 0) break
    for (const hash of hashes) hash.update(piece.subarray(0, read))
    done += read
  }
  return done
}
