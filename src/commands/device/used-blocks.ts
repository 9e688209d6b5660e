/** The used blocks of a disk's partitions, as partclone knows them: the rest of a partition becomes zeros. */

import type { Device, DevicePartition } from '../../device/device.ts'
import { systemText, throwIfAborted } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { openImageStream } from '../../partition/open-partition-image.ts'
import type { Blocks } from '../../partition/partition-image.ts'
import { findProgram } from '../../programs/find-program.ts'
import { throughProgram } from '../../programs/through-program.ts'

interface Range {
  readonly offset: number
  readonly sizeBytes: number
}

export interface UsedBlocks {
  /** Of the partition. */
  readonly path: string
  /** On the disk: the file system, which can end before its partition. */
  readonly range: Range
  /** Fills a part of `range`, in rising order. */
  readonly fill: (into: Uint8Array, offset: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** The names of blkid, and the ending of partclone's program. */
const programs: Readonly<Record<string, string>> = {
  ext2: 'ext4',
  ext3: 'ext4',
  ext4: 'ext4',
  vfat: 'vfat',
  exfat: 'exfat',
  ntfs: 'ntfs',
  btrfs: 'btrfs',
  xfs: 'xfs',
  f2fs: 'f2fs',
  hfsplus: 'hfsplus',
}

/** One for each partition that partclone can read. A note tells of each that is read as a whole. */
export async function openUsedBlocks(
  device: Device,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<readonly UsedBlocks[]> {
  const opened: UsedBlocks[] = []
  for (const partition of device.partitions) {
    const name = programs[partition.fileSystem ?? '']
    const program = name === undefined ? undefined : findProgram(`partclone.${name}`)
    const tell = (why: string): void =>
      report({ type: 'note', message: `${partition.path} is read as a whole: ${why}` })
    if (program === undefined) {
      tell(
        name === undefined
          ? `partclone does not know ${partition.fileSystem ?? 'its content'}`
          : `partclone.${name} is missing (install the package partclone)`,
      )
      continue
    }
    try {
      opened.push(await openPartition(partition, program, signal))
    } catch (error) {
      throwIfAborted(signal)
      tell(`partclone refuses it, perhaps it was not unmounted cleanly (${systemText(error)})`)
    }
  }
  return opened
}

async function openPartition(
  { path, start }: DevicePartition,
  program: string,
  signal: AbortSignal | undefined,
): Promise<UsedBlocks> {
  // Without checksums: the pipe needs none.
  const args = ['-c', '-a0', '-s', path, '-o', '-', '-L', '/dev/null', '-q']
  const stream = throughProgram(program, args, nothing(), 'partclone', signal)
  const image = await openImageStream(stream, path, signal === undefined ? {} : { signal })
  const blocks = image.blocks(signal)[Symbol.asyncIterator]()
  const { facts } = image
  let next: Blocks | undefined
  let isOver = false
  return {
    path,
    range: { offset: start, sizeBytes: facts.blocks * facts.blockBytes },
    fill: async (into, offset) => {
      into.fill(0)
      const from = offset - start
      while (!isOver) {
        if (next === undefined || next.offset + next.bytes.length <= from) {
          const step = await blocks.next()
          isOver = step.done === true
          next = step.done === true ? undefined : step.value
          continue
        }
        if (next.offset >= from + into.length) return
        const cut = next.bytes.subarray(Math.max(0, from - next.offset), from + into.length - next.offset)
        into.set(cut, Math.max(0, next.offset - from))
        if (next.offset + next.bytes.length > from + into.length) return
        // Its memory may be used again for the next blocks, so the next step comes only now.
        next = undefined
      }
    },
    close: async () => {
      await blocks.return?.(undefined)
      await image.close()
    },
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Fills the parts of `into` that lie in partitions; resolves with the ranges of the disk that are left. */
export async function fillUsed(
  used: readonly UsedBlocks[],
  into: Uint8Array,
  offset: number,
): Promise<readonly Range[]> {
  const left: Range[] = []
  let at = offset
  const end = offset + into.length
  for (const { range, fill } of [...used].sort((a, b) => a.range.offset - b.range.offset)) {
    const from = Math.max(at, range.offset)
    const to = Math.min(end, range.offset + range.sizeBytes)
    if (to <= from) continue
    if (from > at) left.push({ offset: at, sizeBytes: from - at })
    await fill(into.subarray(from - offset, to - offset), from)
    at = to
  }
  if (at < end) left.push({ offset: at, sizeBytes: end - at })
  return left
}
