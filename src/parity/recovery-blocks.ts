/** Computes the recovery blocks of a set in bounded memory, and writes them. */

import fs from 'node:fs'
import { promisify } from 'node:util'
import { asButcherError, throwIfAborted } from '../errors.ts'
import { startAnsweringThread } from '../threads/answering-thread.ts'
import { becameShorter } from './hash-blocks.ts'
import {
  loadKernel,
  type RecoveryBlock,
  RecoveryShare,
  type ShareQuestion,
  type ShareSetup,
} from './recovery-share.ts'

/** If the recovery blocks need more memory, butcher computes one stripe of each after the other. */
const usualMemoryBytes = 256 << 20
/** Data blocks that are read together. Two such groups are in memory. */
const groupBlocks = 16
/** A data block that is split has twice the bytes. */
const splitFactor = 2
/** Bytes times recovery blocks: below this, starting threads takes longer than the work. */
const leastForThreads = 2e9
const unit = 32
const pageBytes = 65_536

export interface RecoveryWork {
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[]
  readonly blockBytes: number
  /** Open for writing. */
  readonly fd: number
  /** In the order of the exponents, from 0. */
  readonly blocks: readonly Omit<RecoveryBlock, 'at' | 'exponent'>[]
  readonly jobs: number
  /** For stripes. Default: 256 MiB. */
  readonly memoryBytes?: number | undefined
  readonly onShare: (share: number) => void
  readonly signal: AbortSignal | undefined
}

/** Resolves with the MD5 of each recovery packet. Throws `io`, `no-space`, `aborted`. */
export async function writeRecoveryBlocks(work: RecoveryWork): Promise<readonly Uint8Array[]> {
  const { blockBytes, fd, jobs, files } = work
  const slices = slicesOf(files, blockBytes)
  const stripe = stripeFor(work.blocks.length, blockBytes, work.memoryBytes)
  const inputAt = stripe * work.blocks.length
  const pages = Math.ceil((inputAt + 2 * groupBlocks * splitFactor * stripe) / pageBytes)
  const shared = { initial: pages, maximum: pages, shared: true }
  const memory = new WebAssembly.Memory(shared)
  const blocks = work.blocks.map((block, exponent) => ({ ...block, exponent, at: exponent * stripe }))
  const isSmall = slices.length * blockBytes * blocks.length < leastForThreads
  const shares = sharesOf(blocks, isSmall ? 1 : jobs).map((some): ShareSetup => ({
    memory,
    blocks: some,
    dataBlocks: slices.length,
    fd,
  }))
  const workers = shares.map((setup) => (isSmall ? here(setup) : inThread(setup)))
  const askAll = (question: ShareQuestion): Promise<(readonly Uint8Array[])[]> =>
    Promise.all(workers.map(({ ask }) => ask(question)))
  const reader = new SliceReader(files, memory)
  try {
    for (let from = 0; from < blockBytes; from += stripe) {
      const length = Math.min(stripe, blockBytes - from)
      const bytes = inUnits(length)
      await askAll({ type: 'begin', bytes })
      await addAll({ ...work, slices, stripe, inputAt, from, length, bytes, reader, askAll })
      await askAll({ type: 'write', from, length, bytes })
    }
    const digests: Uint8Array[] = []
    for (const [i, some] of (await askAll({ type: 'digests' })).entries())
      for (const [j, digest] of some.entries())
        digests[((shares[i] as ShareSetup).blocks[j] as RecoveryBlock).exponent] = digest
    return digests
  } finally {
    await Promise.all(workers.map(({ end }) => end()))
    await reader.close()
  }
}

const inUnits = (bytes: number): number => Math.ceil(bytes / unit) * unit

function stripeFor(recoveryBlocks: number, blockBytes: number, memoryBytes = usualMemoryBytes): number {
  const most =
    Math.floor(memoryBytes / (recoveryBlocks + 2 * groupBlocks * splitFactor) / pageBytes) * pageBytes
  return inUnits(Math.min(blockBytes, Math.max(most, pageBytes)))
}

/** Neighbours go to different threads, so that all have the same amount of work. */
function sharesOf(blocks: readonly RecoveryBlock[], count: number): RecoveryBlock[][] {
  const shares = Array.from({ length: Math.min(count, blocks.length) }, (): RecoveryBlock[] => [])
  for (const [i, block] of blocks.entries()) shares[i % shares.length]?.push(block)
  return shares
}

interface Worker {
  readonly ask: (question: ShareQuestion) => Promise<readonly Uint8Array[]>
  readonly end: () => Promise<void>
}

function here(setup: ShareSetup): Worker {
  const share = new RecoveryShare(setup)
  return { ask: async (question) => share.answer(question), end: async () => {} }
}

const inThread = (data: ShareSetup): Worker =>
  startAnsweringThread(new URL('./recovery-worker.ts', import.meta.url), {
    name: 'a thread that computes parity',
    data,
  })

interface StripeWork extends RecoveryWork {
  readonly slices: readonly Slice[]
  readonly stripe: number
  readonly inputAt: number
  readonly from: number
  readonly length: number
  readonly bytes: number
  readonly reader: SliceReader
  readonly askAll: (question: ShareQuestion) => Promise<unknown>
}

/** Adds the stripes of all data blocks. The next group is read while one is added. */
async function addAll(work: StripeWork): Promise<void> {
  const { slices, stripe, inputAt, from, length, bytes, reader, askAll, blockBytes } = work
  const apart = splitFactor * stripe
  const read = async (first: number, place: number): Promise<void> => {
    const at = inputAt + place * groupBlocks * apart
    await Promise.all(
      slices
        .slice(first, first + groupBlocks)
        .map((slice, i) => reader.read(slice, from, length, { at: at + i * apart, bytes })),
    )
  }
  let next = read(0, 0)
  try {
    for (let first = 0, place = 0; first < slices.length; first += groupBlocks, place = 1 - place) {
      throwIfAborted(work.signal)
      await next
      next = read(first + groupBlocks, 1 - place)
      const count = Math.min(groupBlocks, slices.length - first)
      const at = inputAt + place * groupBlocks * apart
      await askAll({ type: 'add', at, apart, first, count, bytes })
      work.onShare((from + (length * (first + count)) / slices.length) / blockBytes)
    }
  } finally {
    // No read may go on from a file that is closed.
    await next.catch(() => {})
  }
}

interface Slice {
  readonly file: number
  readonly offset: number
  readonly sizeBytes: number
}

function slicesOf(files: RecoveryWork['files'], blockBytes: number): Slice[] {
  return files.flatMap(({ sizeBytes }, file) =>
    Array.from({ length: Math.ceil(sizeBytes / blockBytes) }, (_, i) => ({
      file,
      offset: i * blockBytes,
      sizeBytes: Math.min(blockBytes, sizeBytes - i * blockBytes),
    })),
  )
}

const mostOpen = 64
const read = promisify(fs.read) as (
  fd: number,
  into: Uint8Array,
  at: number,
  length: number,
  position: number,
) => Promise<{ readonly bytesRead: number }>

/** Reads stripes of data blocks into the memory, and splits them. */
class SliceReader {
  readonly #files: RecoveryWork['files']
  readonly #memory: WebAssembly.Memory
  readonly #split: ReturnType<typeof loadKernel>['split']
  readonly #open = new Map<number, Promise<fs.promises.FileHandle>>()

  constructor(files: RecoveryWork['files'], memory: WebAssembly.Memory) {
    this.#files = files
    this.#memory = memory
    this.#split = loadKernel(memory).split
  }

  /** The bytes past the end of the file are zeros. */
  async read(
    { file, offset, sizeBytes }: Slice,
    from: number,
    length: number,
    { at, bytes }: { readonly at: number; readonly bytes: number },
  ): Promise<void> {
    const place = (this.#files[file] as RecoveryWork['files'][number]).path
    // Behind the place of the split block, of which its end becomes a part.
    const raw = at + bytes * (splitFactor - 1)
    const into = new Uint8Array(this.#memory.buffer, raw, bytes)
    const wanted = Math.max(0, Math.min(length, sizeBytes - from))
    into.fill(0, wanted)
    try {
      const { fd } = await this.#handle(file, place)
      for (let done = 0; done < wanted;) {
        const { bytesRead } = await read(fd, into, done, wanted - done, offset + from + done)
        if (bytesRead === 0) throw becameShorter(place)
        done += bytesRead
      }
    } catch (error) {
      throw asButcherError(error, 'cannot read', place)
    }
    this.#split(raw, at, bytes)
  }

  /** Of a disc with very many files, only some are open at a time: all that a group may read, and more. */
  async #handle(file: number, place: string): Promise<fs.promises.FileHandle> {
    const known = this.#open.get(file)
    if (known) return known
    const opened = fs.promises.open(place, 'r')
    this.#open.set(file, opened)
    const [oldest] = this.#open
    if (this.#open.size > mostOpen && oldest) {
      this.#open.delete(oldest[0])
      await (await oldest[1]).close()
    }
    return opened
  }

  async close(): Promise<void> {
    for (const opened of this.#open.values()) await opened.then((handle) => handle.close()).catch(() => {})
  }
}
