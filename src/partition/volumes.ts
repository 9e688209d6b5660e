/** The volumes of a partimage image, joined: each file has a header of its own, and may be compressed. */

import type { ImageBytes } from '../image-bytes/image-bytes.ts'
import { damagedImage } from './damaged-image.ts'
import { ByteCursor } from './byte-cursor.ts'
import { Fields } from './fields.ts'

export const volumeMagic = 'PaRtImAgE-VoLuMe'
const headerBytes = 512

/** The bytes of all volumes without their headers. */
export class Volumes implements ImageBytes {
  readonly #volumes: readonly ImageBytes[]

  constructor(volumes: readonly ImageBytes[]) {
    this.#volumes = volumes
  }

  get size(): number | undefined {
    let total = 0
    for (const { size } of this.#volumes) {
      if (size === undefined) return undefined
      total += Math.max(0, size - headerBytes)
    }
    return total
  }

  get compressed(): ImageBytes['compressed'] {
    return this.#volumes.find(({ compressed }) => compressed !== null)?.compressed ?? null
  }

  get storedBytes(): number {
    return this.#volumes.reduce((total, { storedBytes }) => total + storedBytes, 0)
  }

  get files(): readonly string[] {
    return this.#volumes.flatMap(({ files }) => files)
  }

  async *stream(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let identifier: string | undefined
    for (const [i, volume] of this.#volumes.entries()) {
      const cursor = new ByteCursor(volume.stream(signal))
      try {
        const found = readHeader(await cursor.take(headerBytes, `the header of volume ${i}`), i)
        identifier ??= found
        if (found !== identifier) throw damagedImage(`volume ${i} belongs to another image`)
        for (;;) {
          const bytes = await cursor.some(Infinity)
          if (bytes.length === 0) break
          yield bytes
        }
        if (cursor.fault !== undefined) throw damagedImage(cursor.fault)
      } finally {
        await cursor.close()
      }
    }
  }

  async prepare(): Promise<void> {
    for (const volume of this.#volumes) await volume.prepare()
  }

  async readAt(offset: number, into: Uint8Array): Promise<number> {
    if (this.size === undefined) await this.prepare()
    let done = 0
    for (const { volume, at, from, to } of this.#placesOf(offset, into.length)) {
      done += await volume.readAt(at, into.subarray(from, to))
    }
    return done
  }

  get readAtSync(): ((offset: number, into: Uint8Array) => number) | undefined {
    if (this.#volumes.some(({ readAtSync }) => readAtSync === undefined)) return undefined
    return (offset, into) => {
      let done = 0
      for (const { volume, at, from, to } of this.#placesOf(offset, into.length)) {
        done += volume.readAtSync?.(at, into.subarray(from, to)) ?? 0
      }
      return done
    }
  }

  /** The reads of the volumes that fill a range of the joined bytes. */
  *#placesOf(
    offset: number,
    length: number,
  ): Generator<{
    readonly volume: ImageBytes
    readonly at: number
    readonly from: number
    readonly to: number
  }> {
    let start = 0
    for (const volume of this.#volumes) {
      const end = start + Math.max(0, (volume.size ?? 0) - headerBytes)
      const from = Math.max(offset, start)
      const to = Math.min(offset + length, end)
      if (from < to) yield { volume, at: from - start + headerBytes, from: from - offset, to: to - offset }
      start = end
    }
  }

  async close(): Promise<void> {
    for (const volume of this.#volumes) await volume.close()
  }
}

/** Returns the number that all volumes of an image have. */
function readHeader(bytes: Uint8Array, number: number): string {
  const fields = new Fields(bytes)
  if (fields.text(0, 32) !== volumeMagic)
    throw damagedImage(`volume ${number} has another format than the first`)
  if (fields.uint32(96) !== number) {
    throw damagedImage(`volume ${number} says that it is number ${fields.uint32(96)}`)
  }
  return Buffer.from(bytes.subarray(100, 108)).toString('hex')
}
