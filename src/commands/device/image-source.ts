/**
 * The raw bytes of an image for a disk, whatever its form, and their number before the first one is written.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemText, throwIfAborted, WrongField } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { findParts } from '../../image-bytes/find-parts.ts'
import type { ImageBytes } from '../../image-bytes/image-bytes.ts'
import { isPipe, openBytes } from '../../image-bytes/open-bytes.ts'
import { openPartitionImage } from '../../partition/open-partition-image.ts'
import type { PartitionImage } from '../../partition/partition-image.ts'
import { readImageRecord, readSum } from '../../device/side-cars.ts'

export interface ImageSource {
  /** Named in messages. */
  readonly name: string
  readonly bytes: number
  /** Of the raw bytes, if a record beside the image has it. */
  readonly rawSha256: string | null
  /**
   * Whether the SHA-256 of the raw bytes is wanted: to compare it, or to tell it. A plain file without a
   * record needs none: it would take half of the time of the processor.
   */
  readonly isHashed: boolean
  /** All raw bytes. */
  readonly stream: (signal?: AbortSignal) => AsyncIterable<Uint8Array>
  /** Reads raw bytes into the memory of the caller, of an image that is not compressed. */
  readonly readAt?: (offset: number, into: Uint8Array) => Promise<number>
  readonly close: () => Promise<void>
}

export interface SourceOptions {
  /** The bytes of an image from a pipe. */
  readonly bytes?: number | undefined
  readonly report?: Report | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens an image, the first of its parts, a pipe, or `-` for stdin. Throws `damaged` if the sum beside it
 * is another one, `usage` if nobody knows the size, `source` if it is not there.
 */
export async function openImageSource(image: string, options: SourceOptions): Promise<ImageSource> {
  if (image === '-') return openPipe('stdin', options)
  if (isPipe(image)) return openPipe(image, options)
  if (options.bytes !== undefined)
    throw new WrongField('restoreDevice', 'bytes', 'is for a pipe: this image is a file')
  const name = path.resolve(image)
  const parts = await findParts(name)
  await checkSum(name, parts, options.signal)
  const bytes = await openBytes(parts, defined(options))
  try {
    if (await isPartitionImage(bytes)) {
      await bytes.close()
      return await openPartition(image, options)
    }
    const record = readImageRecord(name)
    const isOfThis = record !== undefined && record.image_bytes === bytes.storedBytes
    const rawSha256 = isOfThis && record.bad_bytes === 0 ? record.raw_sha256 : null
    const size = isOfThis ? record.device_bytes : (bytes.size ?? (await countBytes(bytes, options)))
    const isPlain = bytes.compressed === null && bytes.size === size
    return {
      name: image,
      bytes: size,
      rawSha256,
      isHashed: rawSha256 !== null || !isPlain,
      stream: (signal) => bytes.stream(signal),
      ...(isPlain ? { readAt: (offset, into) => bytes.readAt(offset, into) } : {}),
      close: () => bytes.close(),
    }
  } catch (error) {
    await bytes.close()
    throw error
  }
}

/** Starts of the unwrapped bytes, as the readers of src/partition/ know them. */
const partitionMagic = /^(?:\0ntfsclone-image|partclone-image|PaRtImAgE-VoLuMe)/

async function isPartitionImage(bytes: ImageBytes): Promise<boolean> {
  for await (const piece of bytes.stream()) {
    return partitionMagic.test(Buffer.from(piece.subarray(0, 32)).toString('latin1'))
  }
  return false
}

/** The partition itself: its unused blocks are zeros. Throws `damaged` for a checksum that is wrong. */
async function openPartition(image: string, options: SourceOptions): Promise<ImageSource> {
  const partition = await openPartitionImage(image, defined(options))
  return {
    name: image,
    bytes: partition.facts.deviceBytes,
    rawSha256: null,
    isHashed: true,
    stream: (signal) => wholePartition(partition, signal),
    close: () => partition.close(),
  }
}

const zeros = new Uint8Array(1 << 20)

async function* wholePartition(
  partition: PartitionImage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, undefined> {
  let at = 0
  for await (const { offset, bytes } of partition.blocks(signal)) {
    yield* zerosUntil(at, offset)
    yield bytes
    at = offset + bytes.length
  }
  yield* zerosUntil(at, partition.facts.deviceBytes)
}

function* zerosUntil(from: number, to: number): Generator<Uint8Array, undefined> {
  for (let at = from; at < to; at += zeros.length) yield zeros.subarray(0, Math.min(zeros.length, to - at))
}

/** A pipe can be read once: nobody can count its bytes first. */
async function openPipe(pipe: string, options: SourceOptions): Promise<ImageSource> {
  const { bytes: size } = options
  if (size === undefined) {
    throw new ButcherError('usage', `the size of an image from ${pipe} is not known`, {
      hint: 'say --bytes N: butcher refuses a disk that is too small before it writes',
    })
  }
  const isStdin = pipe === 'stdin'
  const bytes = await openBytes(isStdin ? 'stdin' : [pipe], defined(options))
  return {
    name: isStdin ? 'standard input' : pipe,
    bytes: size,
    rawSha256: null,
    isHashed: true,
    stream: (signal) => bytes.stream(signal),
    close: () => bytes.close(),
  }
}

const defined = ({ report, signal }: SourceOptions): Parameters<typeof openBytes>[1] => ({
  ...(report === undefined ? {} : { report }),
  ...(signal === undefined ? {} : { signal }),
})

/**
 * Unpacks everything once: the last bytes of a gzip file tell the size of less than 4 GiB only, and can lie.
 */
async function countBytes(image: ImageBytes, { report, signal }: SourceOptions): Promise<number> {
  report?.({ type: 'note', message: 'the image does not say its size: butcher unpacks it once to count' })
  let size = 0
  for await (const piece of image.stream(signal)) {
    throwIfAborted(signal)
    size += piece.length
  }
  return size
}

async function checkSum(
  image: string,
  parts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const expected = readSum(image)
  if (expected === undefined) return
  const { kind, sum } = expected
  if (sum === null) {
    throw new ButcherError('damaged', `${image}.${kind} does not name ${path.basename(image)}`, {
      path: image,
      hint: 'remove it, if it belongs to another image',
    })
  }
  const hash = createHash(kind)
  for (const part of parts) {
    try {
      for await (const bytes of fs.createReadStream(part, { highWaterMark: 1 << 20, signal }))
        hash.update(bytes)
    } catch (cause) {
      throwIfAborted(signal)
      throw new ButcherError('source', `cannot read ${part}: ${systemText(cause)}`, { path: part, cause })
    }
  }
  if (hash.digest('hex') === sum) return
  throw new ButcherError('damaged', `${image} does not match ${image}.${kind}: nothing was written`, {
    path: image,
    hint: 'copy the image again from where it is sound',
  })
}
