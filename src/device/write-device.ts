/** Writes an image onto a disk: its first piece last, so that half an image neither boots nor mounts. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { pageMemory } from '../files/page-memory.ts'
import { runBlockdev } from './blockdev.ts'
import { clearRange } from './clear-range.ts'
import type { Device } from './device.ts'
import { pieceBytes } from './device-pieces.ts'
import { diskText, isGoneError } from './disk-error.ts'
import { gptHeadBytes, hasMisplacedBackup, movedGpt, type Patch } from './gpt.ts'
import { type OpenDevice, openDevice } from './open-device.ts'
import { makePieceSum } from './piece-sum.ts'
import { readDescriptor } from './read-pieces.ts'

const endBytes = 1 << 20
const zeros = Buffer.alloc(pieceBytes)

/** Reads that are under way while a piece is compared. One alone leaves gaps in which the disk waits. */
const readsAhead = 2

/** A range as it was written, and its sum. undefined: zeros. */
interface Written {
  readonly offset: number
  readonly length: number
  readonly sum: Uint8Array | undefined
}

export class DeviceWriter {
  readonly device: Device
  readonly #open: OpenDevice
  readonly #sum = makePieceSum()
  readonly #page = pageMemory(pieceBytes)
  /** The write or reads that go on. */
  #underWay: Promise<void> = Promise.resolve()
  readonly #written: Written[] = []
  /** The pieces at the beginning, which are written last. */
  readonly #first: { readonly bytes: Buffer; readonly offset: number }[] = []
  /** Whether the disk may know an order that makes zeros. */
  #canClear = true
  /** Whether anything of the disk's content is gone. */
  hasBegun = false
  /** Whether all of the image was written: only the comparison can fail now. */
  isComplete = false

  private constructor(device: Device, open: OpenDevice) {
    this.device = device
    this.#open = open
  }

  /** Opens the disk for this run alone, and checks that it is still the one that was listed. */
  static async open(root: string, device: Device): Promise<DeviceWriter> {
    return new DeviceWriter(device, await openDevice(root, device, 'write'))
  }

  /**
   * Tries the last MiB, for cards that announce more than they have lose it; then clears it, as an old backup
   * of a partition table may stand there. Clears the first piece, too.
   */
  async begin(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    const length = Math.min(endBytes, this.device.bytes)
    const at = this.device.bytes - length
    const end = this.#page.subarray(0, length)
    const pattern = randomBytes(length)
    await this.#put(this.#paged(pattern), at)
    await sync(this.#open.fd)
    await this.#get(end, at)
    if (!end.equals(pattern)) {
      throw new ButcherError('damaged', `${this.device.path} lost what was written to its end`, {
        path: this.device.path,
        hint: 'it is broken, or it has less room than it announces: a fake',
      })
    }
    await this.#put(this.#paged(zeros.subarray(0, length)), at)
    await this.#put(this.#paged(zeros.subarray(0, Math.min(pieceBytes, this.device.bytes))), 0)
  }

  /** For others that write, from `pieceBytes` on. */
  get descriptor(): number {
    return this.#open.fd
  }

  /**
   * Takes the pieces in order, each of at most `pieceBytes`, from a sector on. Keeps those at the beginning
   * back. Bytes between pieces stay as they are. Returns while the piece is still being written: its error is
   * that of the next call.
   */
  async write(piece: Uint8Array, offset: number): Promise<void> {
    await this.#write(piece, offset, (bytes) => this.#paged(bytes))
  }

  /** The same without a copy: `piece` begins at a page, and stays as it is until the next call returns. */
  async writeInPlace(piece: Uint8Array, offset: number): Promise<void> {
    await this.#write(piece, offset, (bytes) =>
      bytes.length === this.#padded(bytes.length) ? bytes : this.#paged(bytes),
    )
  }

  async #write(piece: Uint8Array, offset: number, inPages: (bytes: Uint8Array) => Uint8Array): Promise<void> {
    const sum = this.#sumOf(piece)
    this.#written.push({ offset, length: piece.length, sum })
    if (offset < pieceBytes) {
      this.#first.push({ bytes: Buffer.from(piece), offset })
      return
    }
    await this.#underWay
    this.#underWay = sum === undefined ? this.#clear(piece.length, offset) : this.#put(inPages(piece), offset)
    this.#underWay.catch(() => {})
  }

  /** Resolves when nothing is being written any more, whether that failed or not. */
  async settle(): Promise<void> {
    await this.#underWay.catch(() => {})
  }

  #sumOf(piece: Uint8Array): Uint8Array | undefined {
    if (Buffer.compare(piece, zeros.subarray(0, piece.length)) === 0) return undefined
    return this.#sum(piece)
  }

  /** Writes the beginning, and waits until the disk has everything. The first error of that is final. */
  async complete(): Promise<void> {
    await this.#underWay
    for (const { bytes, offset } of this.#first.splice(0)) await this.#put(this.#paged(bytes), offset)
    try {
      await sync(this.#open.fd)
    } catch (error) {
      throw this.#failure('write to', undefined, error)
    }
    this.isComplete = true
  }

  /**
   * Reads everything back from the disk, before anybody else can mount it. Throws `damaged` with the first
   * place.
   */
  async compare(
    onPiece: (end: number, length: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const check = (piece: Buffer, { offset, length, sum }: Written): void => {
      const found = this.#sumOf(piece)
      if (found === undefined || sum === undefined ? found !== sum : Buffer.compare(found, sum) !== 0) {
        throw new ButcherError(
          'damaged',
          `${this.device.path} does not hold what was written, in bytes ${offset} to ${offset + length - 1}`,
          { path: this.device.path, hint: 'the card or its reader is broken: use another one' },
        )
      }
      onPiece(offset + length, length)
    }
    await this.#readEach(this.#written, check, signal)
  }

  /** Reads the first `bytes` bytes back from the disk, in order. */
  async readBack(
    bytes: number,
    onPiece: (piece: Buffer) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const ranges = Array.from({ length: Math.ceil(bytes / pieceBytes) }, (_, i) => ({
      offset: i * pieceBytes,
      length: Math.min(pieceBytes, bytes - i * pieceBytes),
    }))
    await this.#readEach(ranges, onPiece, signal)
  }

  async #readEach<Range extends { readonly offset: number; readonly length: number }>(
    ranges: readonly Range[],
    act: (piece: Buffer, range: Range) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // O_DIRECT reads pass the cache by; this is for systems that opened the disk without it.
    await runBlockdev('--flushbufs', this.device.path)
    const pages = Array.from({ length: readsAhead }, () => pageMemory(pieceBytes)).concat(this.#page)
    const start = (i: number): Promise<Buffer> | undefined => {
      const range = ranges[i]
      if (range === undefined) return undefined
      const page = pages[i % pages.length] as Buffer
      const piece = page.subarray(0, this.#padded(range.length))
      const read = this.#get(piece, range.offset).then(() => piece.subarray(0, range.length))
      this.#underWay = Promise.allSettled([this.#underWay, read]).then(() => {})
      return read
    }
    const reads = Array.from({ length: readsAhead }, (_, i) => start(i))
    for (const [i, range] of ranges.entries()) {
      throwIfAborted(signal)
      const piece = await (reads.shift() as Promise<Buffer>)
      reads.push(start(i + readsAhead))
      act(piece, range)
    }
  }

  /** Whether the partition table's backup is not at the end of this disk. With `move` it is brought there. */
  async settleGpt(move: boolean): Promise<boolean> {
    const { sectorBytes, bytes } = this.device
    const head = this.#page.subarray(0, Math.min(this.#padded(gptHeadBytes(sectorBytes)), bytes))
    await this.#get(head, 0)
    if (!hasMisplacedBackup(head, sectorBytes, bytes)) return false
    const patches: readonly Patch[] | undefined = move ? movedGpt(head, sectorBytes, bytes) : undefined
    for (const { offset, bytes: patch } of patches ?? []) await this.#put(this.#paged(patch), offset)
    if (patches) await sync(this.#open.fd)
    return patches === undefined
  }

  /** Tells that the backup of the table is not at the end. */
  misplacedGpt(): string {
    return `${this.device.path} is larger than the image: the backup of its partition table is not at its end (--move-gpt moves it)`
  }

  /** Closes the disk, and lets the kernel read a new partition table. */
  async close(): Promise<void> {
    await this.settle()
    this.#open.close()
    if (this.hasBegun) await runBlockdev('--rereadpt', this.device.path)
  }

  #padded(length: number): number {
    const sector = this.device.sectorBytes
    return Math.ceil(length / sector) * sector
  }

  /** Copies to memory that begins at a page, and fills the last sector with zeros. */
  #paged(bytes: Uint8Array): Uint8Array {
    const piece = this.#page.subarray(0, this.#padded(bytes.length))
    piece.fill(0, bytes.length)
    piece.set(bytes)
    return piece
  }

  /** The disk makes zeros itself, if it can. */
  async #clear(length: number, offset: number): Promise<void> {
    this.hasBegun = true
    const isWhole = length === this.#padded(length)
    if (this.#canClear && isWhole && (await clearRange(this.#open.fd, offset, length))) return
    this.#canClear &&= !isWhole
    await this.#put(this.#paged(zeros.subarray(0, length)), offset)
  }

  /** Writes bytes that begin at a page, and are whole sectors. */
  async #put(piece: Uint8Array, offset: number): Promise<void> {
    this.hasBegun = true
    try {
      for (let done = 0; done < piece.length;) {
        const left = piece.length - done
        const { bytesWritten } = await write(this.#open.fd, piece, done, left, offset + done)
        if (bytesWritten === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
        done += bytesWritten
      }
    } catch (error) {
      throw this.#failure('write to', offset, error)
    }
  }

  async #get(into: Uint8Array, offset: number): Promise<void> {
    try {
      for (let done = 0; done < into.length;) {
        const read = await readDescriptor(this.#open.fd, into.subarray(done), offset + done)
        if (read === 0) throw Object.assign(new Error('the disk ends'), { code: 'EIO' })
        done += read
      }
    } catch (error) {
      throw this.#failure('read back from', offset, error)
    }
  }

  #failure(doing: string, offset: number | undefined, cause: unknown): ButcherError {
    const { path } = this.device
    const where = offset === undefined ? '' : ` at byte ${offset}`
    const isGone = isGoneError(cause) || this.#open.isGone()
    return new ButcherError(
      'io',
      `cannot ${doing} ${path}${where}: ${isGone ? 'it is gone' : diskText(cause)}`,
      { path, hint: isGone ? 'plug it in again, and begin anew' : 'use another card or reader', cause },
    )
  }
}

const sync = promisify(fs.fsync)
const write = promisify(fs.write) as (
  fd: number,
  bytes: Uint8Array,
  from: number,
  length: number,
  offset: number,
) => Promise<{ readonly bytesWritten: number }>
