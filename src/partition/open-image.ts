/** An open image of any format. */

import { ButcherError, throwIfAborted } from '../errors.ts'
import { counted } from '../format/counted-text.ts'
import type { ImageBytes } from '../image-bytes/image-bytes.ts'
import { type BootSector, BootSectorPlace } from './boot-sector.ts'
import { joinedBytes } from './block-joiner.ts'
import { ByteCursor, bytesFrom, isPlain } from './byte-cursor.ts'
import { damageText } from './damage-text.ts'
import type { ImageLayout, StoredRun } from './image-layout.ts'
import type { OpenPartitionOptions } from './open-options.ts'
import type { Blocks, Damage, Detail, PartitionFacts, PartitionImage } from './partition-image.ts'
import { readPartition, readPartitionSync, type VirtualPartition } from './read-partition.ts'
import { RecordIndex } from './record-index.ts'
import { seek, type Wanted } from './seek.ts'
import { walkFramed, type WalkOptions } from './walk-framed.ts'
import { walkRecords } from './walk-records.ts'

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
  readonly layout: ImageLayout
  /** Checksums of header and bitmap that are wrong. */
  readonly faults: readonly string[]
  readonly #path: string
  readonly #bytes: ImageBytes
  readonly #options: OpenPartitionOptions
  #cursor: ByteCursor | undefined
  readonly #partition: VirtualPartition
  #index: RecordIndex | undefined
  readonly #bootSectorPlace: BootSectorPlace | undefined
  #bootSector: BootSector | undefined
  #prepared: Promise<void> | undefined
  #isReady: boolean

  /** Throws `usage` if the image cannot have the boot sector that is asked for. */
  constructor({ path, bytes, layout, faults, cursor, options }: Opened) {
    this.#path = path
    this.#bytes = bytes
    this.#options = options
    this.#cursor = cursor
    this.layout = layout
    this.faults = faults
    this.facts = {
      ...layout.facts,
      imageBytes: bytes.storedBytes === 0 ? null : bytes.storedBytes,
      compressed: bytes.compressed,
      volumes: bytes.files.length,
      warnings: [...faults, ...layout.facts.warnings, ...sizeWarnings(layout, bytes.size)],
    }
    this.#partition = {
      framing: layout.framing,
      blockBytes: layout.facts.blockBytes,
      runFrom: (from, most) => this.#runFrom(from, most),
      fill: fillWith(options.fill),
    }
    if (options.bootSectorCopy === true) this.#bootSectorPlace = new BootSectorPlace(this.facts)
    this.#isReady = isPlain(bytes) && layout.content.kind === 'framed' && !this.#bootSectorPlace
  }

  get details(): readonly Detail[] {
    return this.layout.details
  }

  get usedBytes(): number {
    return this.layout.usedBytes
  }

  async prepare(): Promise<void> {
    await this.#makeReady(this.#refuse)
  }

  async #makeReady(onDamage: (damage: Damage) => void): Promise<void> {
    if (this.#isReady) return
    this.#prepared ??= this.#makeIndex(onDamage)
    try {
      await this.#prepared
    } catch (error) {
      this.#prepared = undefined
      throw error
    }
  }

  async #makeIndex(onDamage: (damage: Damage) => void): Promise<void> {
    await this.#bytes.prepare()
    const { content, facts } = this.layout
    if (content.kind === 'records') {
      const index = new RecordIndex(facts.blockBytes)
      const onCluster = (cluster: number, position: number): void => index.add(cluster, position)
      const options = { onDamage, withData: false, reuse: true, onCluster }
      for await (const blocks of this.walk(options)) void blocks
      this.#index = index.finish()
    }
    if (this.#bootSectorPlace) {
      const start = Buffer.alloc(this.#bootSectorPlace.neededBytes)
      await this.#read(0, start)
      this.#bootSector = this.#bootSectorPlace.find(start)
    }
    this.#isReady = true
  }

  readonly #refuse = (damage: Damage): never => {
    throw new ButcherError('damaged', `${this.#path}: ${damageText(damage)}`, { path: this.#path })
  }

  async *blocks(signal?: AbortSignal, onDamage?: (damage: Damage) => void): AsyncGenerator<Blocks> {
    yield* this.ordered({ onDamage: onDamage ?? this.#refuse, withData: true, reuse: false }, signal)
  }

  /** The used blocks in rising order, and the boot sector that was asked for. */
  async *ordered(options: WalkOptions, signal = this.#options.signal): AsyncGenerator<Blocks> {
    if (this.layout.content.kind === 'framed' || this.facts.imageBytes === null) {
      return yield* this.walk(options, signal)
    }
    // The records of ntfsclone may be in another order.
    await this.#makeReady(options.onDamage)
    yield* this.#indexedBlocks(signal)
    if (this.#bootSector) yield this.#bootSector.blocks
  }

  /** Fills `into` with the bytes of unused blocks at `offset`. */
  fill(into: Uint8Array, offset: number): void {
    this.#partition.fill(into, offset)
  }

  async *#indexedBlocks(signal: AbortSignal | undefined): AsyncGenerator<Blocks> {
    const { blockBytes, deviceBytes } = this.facts
    const most = Math.max(1, Math.floor(joinedBytes / blockBytes))
    for (let block = 0; ;) {
      throwIfAborted(signal)
      const run = this.#runFrom(block, most)
      if (!run) break
      const offset = run.block * blockBytes
      const bytes = Buffer.allocUnsafeSlow(Math.min(run.count * blockBytes, deviceBytes - offset))
      await this.#read(offset, bytes)
      yield { offset, bytes }
      block = run.block + run.count
    }
  }

  /** Reads the used blocks once, in order; with data also the boot sector that was asked for. */
  async *walk(
    options: WalkOptions & { readonly onCluster?: (cluster: number, position: number) => void },
    signal = this.#options.signal,
  ): AsyncGenerator<Blocks> {
    const { content } = this.layout
    const cursor = await this.#cursorFrom(content.dataStart, options.reuse, signal)
    const blocks =
      content.kind === 'framed'
        ? walkFramed(this.layout, content, cursor, options)
        : walkRecords(this.layout, content, cursor, options)
    const place = options.withData ? this.#bootSectorPlace : undefined
    const start = Buffer.alloc(place?.neededBytes ?? 0)
    try {
      for await (const some of blocks) {
        if (some.offset < start.length)
          start.set(some.bytes.subarray(0, start.length - some.offset), some.offset)
        yield some
      }
      const sector = place?.find(start)
      if (sector) yield sector.blocks
    } finally {
      await cursor.close()
    }
  }

  /** The cursor of the opening goes on where it is, once; a plain file is read anew, with other buffers. */
  async #cursorFrom(start: number, reuse: boolean, signal: AbortSignal | undefined): Promise<ByteCursor> {
    const first = this.#cursor
    this.#cursor = undefined
    if (first && !isPlain(this.#bytes)) return first
    await first?.close()
    return new ByteCursor(bytesFrom(this.#bytes, start, { reuse, signal }), start)
  }

  async readAt(offset: number, into: Uint8Array): Promise<void> {
    this.#checkRange(offset, into.length)
    await this.prepare()
    await this.#read(offset, into)
    this.#bootSector?.copyInto(offset, into)
  }

  async #read(offset: number, into: Uint8Array): Promise<void> {
    try {
      await readPartition(this.#partition, offset, into, (at, part) => this.#bytes.readAt(at, part))
    } catch (error) {
      throw withPath(error, this.#path)
    }
  }

  get readAtSync(): ((offset: number, into: Uint8Array) => void) | undefined {
    const { readAtSync } = this.#bytes
    if (!this.#isReady || !readAtSync) return undefined
    return (offset, into) => {
      this.#checkRange(offset, into.length)
      try {
        readPartitionSync(this.#partition, offset, into, readAtSync)
      } catch (error) {
        throw withPath(error, this.#path)
      }
      this.#bootSector?.copyInto(offset, into)
    }
  }

  /** As in `seek`. Bytes of a fill pattern are data. Call it after `prepare`. */
  seek(offset: number, wanted: Wanted): number | undefined {
    const { blockBytes, blocks, deviceBytes } = this.facts
    const isFilled = this.#options.fill !== undefined
    const sector = this.#bootSector?.blocks
    const more = isFilled
      ? { start: 0, end: deviceBytes }
      : sector && { start: sector.offset, end: sector.offset + sector.bytes.length }
    const runFrom = (from: number, most: number): StoredRun | undefined => this.#runFrom(from, most)
    return seek({ blockBytes, blocks, deviceBytes, runFrom, more }, offset, wanted)
  }

  #runFrom(from: number, most: number): StoredRun | undefined {
    const { content, facts } = this.layout
    if (content.kind === 'records') return this.#index?.runFrom(from, most)
    const run = content.map.runFrom(from, most)
    if (!run) return undefined
    return { block: run.block, count: run.count, base: content.dataStart, skip: run.rank * facts.blockBytes }
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
    ? [
        `the image is cut: ${imageBytes - size} of its ${imageBytes} bytes ${imageBytes - size === 1 ? 'is' : 'are'} missing`,
      ]
    : [`${counted(size - imageBytes, 'byte follows', 'bytes follow')} the end of the image`]
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

/** The readers of the formats do not know the path. */
export function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof ButcherError) || error.code !== 'damaged' || error.path !== undefined) return error
  const { message, hint, cause } = error
  return new ButcherError('damaged', `cannot read the partition image ${path}: ${message}`, {
    path,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}
