/** Makes PAR2 sets, in the layout of par2cmdline: the same bytes but for the name of the creator. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, throwIfAborted } from '../errors.ts'
import { removeQuietly, writeAll } from '../files/durable.ts'
import { startAnsweringThread } from '../threads/answering-thread.ts'
import { type FileSums, hashBlocks, type HashTask } from './hash-blocks.ts'
import {
  blocksPacket,
  compareIds,
  creatorPacket,
  type DescribedFile,
  describedStartBytes,
  describeFile,
  filePacket,
  mainBody,
  packet,
  recoveryHashed,
  recoveryHead,
  recoveryHeadBytes,
  setIdOf,
} from './packets.ts'
import { copiesFor, type ParityLayout } from './plan.ts'
import { createByTurbo, type Par2Run } from './program.ts'
import { writeRecoveryBlocks } from './recovery-blocks.ts'

export interface CreateRun extends Par2Run {
  /** The text of the creator packet. */
  readonly creator?: string
  /** For stripes of recovery blocks. Default: 256 MiB. */
  readonly memoryBytes?: number
}

const butcher = 'Created by butcher.'
/** Bytes to hash: below this, starting a thread takes longer than the work. */
const leastForThread = 32e6
/** Bytes times recovery blocks. From here on it pays to ask whether a faster program is installed. */
const leastForTurbo = 20e9

/**
 * Makes `set` (`.../NAME.par2`) and one volume beside it for `names`, which are relative to `base`. If it
 * fails, no file is left. Throws `io`, `no-space`, `aborted`.
 */
export async function createSet(
  set: string,
  base: string,
  names: readonly string[],
  layout: Pick<ParityLayout, 'blockBytes' | 'recoveryBlocks'>,
  run: CreateRun,
): Promise<void> {
  const { blockBytes, recoveryBlocks } = layout
  const files = names
    .map((name) => describe(base, name))
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .sort(compareIds)
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const isLarge = totalBytes * recoveryBlocks > leastForTurbo
  if (isLarge && run.creator === undefined && (await createByTurbo(set, base, names, layout, run))) return
  const digits = String(recoveryBlocks).length
  const volume = `${set.slice(0, -'.par2'.length)}.vol${'0'.padStart(digits, '0')}+${recoveryBlocks}.par2`
  try {
    const main = mainBody(blockBytes, files)
    const id = setIdOf(main)
    const sums = hashAll(base, files, blockBytes, totalBytes, run.signal)
    const volumeLayout = layOut(files, { blockBytes, recoveryBlocks })
    const hashed = Array.from({ length: recoveryBlocks }, (_, i) => recoveryHashed(id, i))
    const fd = fs.openSync(volume, 'w')
    try {
      // Both read all data; a failure of one is thrown once the other has ended.
      const [found, digests] = await bothOf(
        sums,
        writeRecoveryBlocks({
          files: files.map(({ name, sizeBytes }) => ({ path: path.join(base, name), sizeBytes })),
          blockBytes,
          fd,
          blocks: hashed.map((bytes, i) => ({
            offset: (volumeLayout.recoveryAt[i] as number) + recoveryHeadBytes,
            hashed: bytes,
          })),
          jobs: run.jobs,
          memoryBytes: run.memoryBytes,
          onShare: run.onShare ?? (() => {}),
          signal: run.signal,
        }),
      )
      const critical = [
        packet(id, 'main', main),
        ...files.map((file, i) => filePacket(id, file, (found[i] as FileSums).md5)),
        ...files.map((file, i) => blocksPacket(id, file, (found[i] as FileSums).blocks)),
      ]
      const creator = creatorPacket(id, run.creator ?? butcher)
      for (const [i, bytes] of hashed.entries()) {
        const head = recoveryHead(bytes, blockBytes, digests[i] as Uint8Array)
        writeAll(fd, head, volumeLayout.recoveryAt[i] as number)
      }
      for (const { index, offset } of volumeLayout.criticalAt)
        writeAll(fd, critical[index] as Uint8Array, offset)
      writeAll(fd, creator, volumeLayout.end)
      fs.writeFileSync(set, Buffer.concat([...critical, creator]))
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    removeQuietly(volume)
    removeQuietly(set)
    throw asButcherError(error, 'cannot write', volume)
  }
}

function describe(base: string, name: string): DescribedFile {
  const file = path.join(base, name)
  try {
    const fd = fs.openSync(file, 'r')
    try {
      const start = Buffer.alloc(describedStartBytes)
      const length = fs.readSync(fd, start, 0, start.length, 0)
      return describeFile(name, fs.fstatSync(fd).size, start.subarray(0, length))
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
}

async function hashAll(
  base: string,
  files: readonly DescribedFile[],
  blockBytes: number,
  totalBytes: number,
  signal: AbortSignal | undefined,
): Promise<readonly FileSums[]> {
  const isSmall = totalBytes < leastForThread
  const program = new URL('./hash-blocks-worker.ts', import.meta.url)
  const thread = isSmall
    ? undefined
    : startAnsweringThread<HashTask, FileSums>(program, { name: 'the thread that hashes' })
  try {
    const found: FileSums[] = []
    for (const { name, sizeBytes } of files) {
      throwIfAborted(signal)
      const task = { file: path.join(base, name), sizeBytes, blockBytes }
      found.push(thread ? await thread.ask(task) : hashBlocks(task))
    }
    return found
  } finally {
    await thread?.end()
  }
}

async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
  const [a, b] = await Promise.allSettled([first, second])
  if (a.status === 'rejected') throw a.reason
  if (b.status === 'rejected') throw b.reason
  return [a.value, b.value]
}

interface VolumeLayout {
  readonly recoveryAt: readonly number[]
  /** The packets about the set; `index` is a number of them. */
  readonly criticalAt: readonly { readonly index: number; readonly offset: number }[]
  readonly end: number
}

/** Copies of the packets about the set stand between the recovery blocks, evenly. */
function layOut(
  files: readonly DescribedFile[],
  { blockBytes, recoveryBlocks }: Pick<ParityLayout, 'blockBytes' | 'recoveryBlocks'>,
): VolumeLayout {
  const nothing = Buffer.alloc(0)
  const md5 = Buffer.alloc(16)
  const sizes = [
    packet(md5, 'main', mainBody(blockBytes, files)).length,
    ...files.map((file) => filePacket(md5, file, md5).length),
    ...files.map(
      (file) => blocksPacket(md5, file, nothing).length + 20 * Math.ceil(file.sizeBytes / blockBytes),
    ),
  ]
  const copies = copiesFor(recoveryBlocks) * sizes.length
  const recoveryAt: number[] = []
  const criticalAt: { index: number; offset: number }[] = []
  let end = 0
  for (let i = 0; i < recoveryBlocks; i++) {
    recoveryAt.push(end)
    end += recoveryHeadBytes + blockBytes
    while (criticalAt.length < Math.floor(((i + 1) * copies) / recoveryBlocks)) {
      const index = criticalAt.length % sizes.length
      criticalAt.push({ index, offset: end })
      end += sizes[index] as number
    }
  }
  return { recoveryAt, criticalAt, end }
}
