/** An open image of any format. */

import { ButcherError } from '../errors.ts'
import { type BootSector, findBootSector } from './boot-sector.ts'
import { ByteCursor, bytesFrom, isPlain } from './byte-cursor.ts'
import type { ImageBytes } from './image-bytes.ts'
import type { ImageLayout, StoredRun } from './image-layout.ts'
import type { OpenPartitionOptions } from './open-options.ts'
import type { Blocks, BlockRange, Damage, Detail, PartitionFacts, PartitionImage } from './partition-image.ts'
import { readPartition, readPartitionSync, type VirtualPartition } from './read-partition.ts'
import { walkFramed, type WalkOptions } from './walk-framed.ts'

interface Opened {
  readonly path: string
  readonly bytes: ImageBytes
  readonly layout: ImageLayout
  readonly faults: readonly string[]
  /** Behind header and bitmap. */
  readonly cursor: ByteCursor
  readonly options: OpenPartitionOptions
}

export class OpenImage implements PartitionImage {
  readonly facts: PartitionFacts
  readonly details: readonly Detail[]
  readonly layout: ImageLayout
  /** Checksums of header and bitmap that are wrong. */
  readonly faults: readonly string[]
  readonly readAtSync?: (offset: number, into: Uint8Array) => void
  readonly #path: string
  readonly #bytes: ImageBytes
  readonly #options: OpenPartitionOptions
  #cursor: ByteCursor | undefined
  readonly #partition: VirtualPartition
  #bootSector: BootSector | undefined

  constructor({ path, bytes, layout, faults, cursor, options }: Opened) {
    this.#path = path
    this.#bytes = bytes
    this.#options = options
    this.#cursor = cursor
    this.layout = layout
    this.faults = faults
    this.facts = {
      ...layout.facts,
      imageBytes: bytes.storedBytes,
      compressed: bytes.compressed,
      volumes: bytes.files.length,
      warnings: [...faults, ...layout.facts.warnings, ...sizeWarnings(layout, bytes.size)],
    }
    this.details = layout.details
    this.#partition = {
      framing: layout.framing,
      blockBytes: layout.facts.blockBytes,
      runFrom: (from, most) => this.#runFrom(from, most),
      fill: fillWith(options.fill),
    }
    const { readAtSync } = bytes
    if (readAtSync) {
      this.readAtSync = (offset, into) => {
        this.#checkRange(offset, into.length)
        readPartitionSync(this.#partition, offset, into, readAtSync)
        this.#bootSector?.copyInto(offset, into)
      }
    }
  }

  get usedBytes(): number {
    return this.layout.usedBytes
  }

  /** Call it once before the image is given to anyone. */
  async prepare(): Promise<void> {
    if (isPlain(this.#bytes)) {
      await this.#cursor?.close()
      this.#cursor = undefined
    }
    if (this.#options.bootSectorCopy === true) {
      this.#bootSector = await findBootSector(this.facts, (offset, into) => this.#read(offset, into))
    }
  }

  async *blocks(signal?: AbortSignal, onDamage?: (damage: Damage) => void): AsyncGenerator<Blocks> {
    const throwIt = (damage: Damage): never => {
      throw new ButcherError('damaged', `${this.#path}: ${damageText(damage)}`, { path: this.#path })
    }
    const options = { onDamage: onDamage ?? throwIt, withData: true, reuse: false }
    yield* this.walk(options, signal)
    if (this.#bootSector) yield this.#bootSector.blocks
  }

  /** Reads the used blocks once, in order. */
  async *walk(options: WalkOptions, signal = this.#options.signal): AsyncGenerator<Blocks> {
    const { content } = this.layout
    const cursor =
      this.#cursor ??
      new ByteCursor(
        bytesFrom(this.#bytes, content.dataStart, { reuse: options.reuse, signal }),
        content.dataStart,
      )
    this.#cursor = undefined
    try {
      if (content.kind === 'framed') yield* walkFramed(this.layout, content, cursor, options)
    } finally {
      await cursor.close()
    }
  }

  async readAt(offset: number, into: Uint8Array): Promise<void> {
    this.#checkRange(offset, into.length)
    await this.#read(offset, into)
    this.#bootSector?.copyInto(offset, into)
  }

  async #read(offset: number, into: Uint8Array): Promise<void> {
    await readPartition(this.#partition, offset, into, (at, part) => this.#bytes.readAt(at, part))
  }

  #runFrom(from: number, most: number): StoredRun | undefined {
    const { content, facts } = this.layout
    if (content.kind !== 'framed') throw new TypeError('no index')
    const run = content.map.runFrom(from, most)
    return (
      run && {
        block: run.block,
        count: run.count,
        base: content.dataStart,
        skip: run.rank * facts.blockBytes,
      }
    )
  }

  #checkRange(offset: number, length: number): void {
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + length <= this.facts.deviceBytes) return
    throw new ButcherError(
      'usage',
      `cannot read ${length} bytes at ${offset}: the partition has ${this.facts.deviceBytes}`,
      { path: this.#path },
    )
  }

  async close(): Promise<void> {
    await this.#cursor?.close()
    await this.#bytes.close()
  }
}

function sizeWarnings({ imageBytes }: ImageLayout, size: number | undefined): string[] {
  if (imageBytes === undefined || size === undefined || imageBytes === size) return []
  return size < imageBytes
    ? [`the image is cut: ${imageBytes - size} of its ${imageBytes} bytes are missing`]
    : [`${size - imageBytes} bytes follow the end of the image`]
}

/** Writes a pattern that repeats from the beginning of the partition. */
function fillWith(hex: string | undefined): (into: Uint8Array, offset: number) => void {
  const pattern = Buffer.from(hex ?? '00', 'hex')
  if (pattern.every((byte) => byte === pattern[0])) return (into) => void into.fill(pattern[0] as number)
  return (into, offset) => {
    const phase = offset % pattern.length
    const turned = Buffer.concat([pattern.subarray(phase), pattern.subarray(0, phase)])
    Buffer.from(into.buffer, into.byteOffset, into.byteLength).fill(turned)
  }
}

/** `blocks 5 to 9 (bytes 20480 to 40959): these blocks do not match their checksum` */
export function damageText({ message, ranges }: Damage): string {
  const [first] = ranges
  if (!first) return message
  const more = ranges.length > 1 ? ` and ${ranges.length - 1} more ranges` : ''
  return `${rangeText(first)}${more}: ${message}`
}

function rangeText({ firstBlock, blocks, offset, bytes }: BlockRange): string {
  const inBytes = `bytes ${offset} to ${offset + bytes - 1}`
  return blocks === 1
    ? `block ${firstBlock} (${inBytes})`
    : `blocks ${firstBlock} to ${firstBlock + blocks - 1} (${inBytes})`
}
