/** Names the files that damaged blocks belong to, with the file system's own programs. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, throwIfAborted } from '../../errors.ts'
import { writeAll } from '../../files/durable.ts'
import { freeBytesIn } from '../../files/free-bytes.ts'
import { makeTempDir } from '../../files/temp-dir.ts'
import { showSize } from '../../format/size-text.ts'
import type { OpenPartitionOptions } from '../../partition/open-options.ts'
import { openImage } from '../../partition/open-partition-image.ts'
import type { BlockRange, PartitionFacts } from '../../partition/partition-image.ts'
import { writePartition } from '../../partition/write-partition.ts'
import { findProgram } from '../../programs/find-program.ts'
import { runFilter } from '../../programs/run-filter.ts'
import type { DamagedFile } from './partition-options.ts'

/** Finds the files in a partition that is a file. */
export type FileFinder = (raw: string, ranges: readonly BlockRange[]) => Promise<DamagedFile[]>

/** More blocks than a user looks at. */
const mostBlocks = 100_000
const blocksInLine = 500
const mostSearches = 200

/** Throws `program` if the program is missing, `usage` for a file system that none can look into. */
export function fileFinder({ fileSystem, imageBytes }: PartitionFacts, image: string): FileFinder {
  if (imageBytes === null) {
    throw new ButcherError('usage', 'files cannot be named for an image from a pipe', {
      hint: 'save the image to a file first, then give that file',
    })
  }
  const kind = fileSystem.toUpperCase()
  if (kind === 'NTFS') return byNtfscluster(found('ntfscluster', 'ntfs-3g'))
  if (kind.startsWith('EXT')) return byDebugfs(found('debugfs', 'e2fsprogs'))
  throw new ButcherError(
    'usage',
    `files can be named for ext2, ext3, ext4 and NTFS only, not for ${fileSystem}`,
    {
      path: image,
    },
  )
}

function found(program: string, debianPackage: string): string {
  const file = findProgram(program)
  if (file !== undefined) return file
  throw new ButcherError('program', `${program} is not installed`, {
    hint: `on Debian: apt-get install ${debianPackage}`,
  })
}

/** Expands the partition into a sparse temporary file for the program. */
export async function damagedFiles(
  find: FileFinder,
  image: string,
  usedBytes: number,
  ranges: readonly BlockRange[],
  options: OpenPartitionOptions,
): Promise<DamagedFile[]> {
  if (ranges.length === 0) return []
  using temporary = makeTempDir('partition')
  const free = freeBytesIn(temporary.folder)
  if (free < usedBytes) {
    throw new ButcherError(
      'no-space',
      `the partition needs ${showSize(usedBytes)} in ${path.dirname(temporary.folder)}, which has ${showSize(free)} free`,
      { path: temporary.folder, hint: 'set TMPDIR to a folder with more room' },
    )
  }
  const raw = path.join(temporary.folder, 'partition')
  const opened = await openImage(image, { ...options, ignoreChecksums: true })
  try {
    const fd = fs.openSync(raw, 'wx', 0o600)
    try {
      fs.ftruncateSync(fd, opened.facts.deviceBytes)
      const used = (offset: number, bytes: Uint8Array): void => writeAll(fd, bytes, offset)
      await writePartition(opened, { used }, { sum: false, onDamage: () => {}, signal: options.signal })
    } finally {
      fs.closeSync(fd)
    }
    throwIfAborted(options.signal)
    return await find(raw, ranges)
  } catch (error) {
    throw asButcherError(error, 'cannot write', raw)
  } finally {
    await opened.close()
  }
}

/** `icheck` finds the inodes of blocks, `ncheck` the paths of inodes. */
function byDebugfs(debugfs: string): FileFinder {
  const ask = async (raw: string, command: string, numbers: readonly number[]): Promise<string[]> => {
    const lines = Array.from({ length: Math.ceil(numbers.length / blocksInLine) }, (_, i) =>
      [command, ...numbers.slice(i * blocksInLine, (i + 1) * blocksInLine)].join(' '),
    )
    const output = await runFilter(debugfs, ['-f', '-', raw], Buffer.from(`${lines.join('\n')}\n`))
    return output.toString().split('\n')
  }
  return async (raw, ranges) => {
    const blocks = [...blocksOf(ranges)]
    const inodes = new Set<number>()
    for (const line of await ask(raw, 'icheck', blocks)) {
      const [, inode] = /^\d+\t(\d+)$/.exec(line) ?? []
      if (inode !== undefined) inodes.add(Number(inode))
    }
    const paths = new Map([...inodes].map((inode) => [inode, nameOfInode(inode)]))
    for (const line of await ask(raw, 'ncheck', [...inodes])) {
      const [, inode, name] = /^(\d+)\t\/*(\/.*)$/.exec(line) ?? []
      if (name !== undefined && inodes.has(Number(inode))) paths.set(Number(inode), name)
    }
    return [...paths].map(([inode, name]) => ({ path: name, inode }))
  }
}

/** Inodes of ext2, ext3 and ext4 without a path: EXT2_*_INO in <ext2fs/ext2_fs.h>. */
function nameOfInode(inode: number): string {
  const names: Readonly<Record<number, string>> = { 2: '/', 7: '(resize inode)', 8: '(journal)' }
  return names[inode] ?? '(no path)'
}

function* blocksOf(ranges: readonly BlockRange[]): Generator<number> {
  let left = mostBlocks
  for (const { firstBlock, blocks } of ranges) {
    for (let i = 0; i < blocks; i++) {
      if (left-- === 0) return
      yield firstBlock + i
    }
  }
}

/** ntfscluster takes one range at a time. */
function byNtfscluster(ntfscluster: string): FileFinder {
  return async (raw, ranges) => {
    const files = new Map<string, DamagedFile>()
    for (const { firstBlock, blocks } of ranges.slice(0, mostSearches)) {
      const range = `${firstBlock}-${firstBlock + blocks - 1}`
      const output = await runFilter(ntfscluster, ['-q', '-c', range, raw], Buffer.alloc(0))
      for (const [, inode, name] of output.toString().matchAll(/^Inode (\d+) (\/.*?)(?:\/\$[A-Z_]+)?$/gm)) {
        files.set(name as string, { path: name as string, inode: Number(inode) })
      }
    }
    return [...files.values()]
  }
}
