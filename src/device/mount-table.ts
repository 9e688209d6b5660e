/** The mounts and swap areas of the running system. */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathFromBytes } from '../format/path-text.ts'

export interface Mount {
  /** `8:17` of the file system's device. Of btrfs, zfs and overlay it names no disk. */
  readonly number: string
  readonly place: string
  readonly fileSystem: string
  /** `/dev/sdb1`, or the name of a pool. */
  readonly source: string
  readonly isReadOnly: boolean
}

/**
 * The mounts of this process and, if it may look there, of the first process: a container sees few of its
 * own.
 */
export async function readMounts(root: string): Promise<readonly Mount[]> {
  const tables = await Promise.all(
    ['self', '1'].map((process) => readBytes(path.join(root, 'proc', process, 'mountinfo'))),
  )
  return tables.flatMap((table) => parseMounts(table))
}

/** The swap areas: `/dev/sda3`, or the path of a file. */
export async function readSwaps(root: string): Promise<readonly string[]> {
  const table = await readBytes(path.join(root, 'proc/swaps'))
  return lines(table)
    .slice(1)
    .map((line) => unescape(line.split(/\s/)[0] ?? ''))
    .filter((area) => area !== '')
}

/** The lines of `/proc/self/mountinfo`; proc(5) describes the fields. */
export function parseMounts(table: Buffer): readonly Mount[] {
  return lines(table).flatMap((line) => {
    const words = line.split(' ')
    const end = words.indexOf('-', 6)
    const [number, place, fileSystem, source] = [words[2], words[4], words[end + 1], words[end + 2]]
    if (end < 0 || number === undefined || place === undefined) return []
    const isReadOnly = words[5]?.split(',').includes('ro') === true
    const named = { place: unescape(place), source: unescape(source ?? '') }
    return [{ number, fileSystem: fileSystem ?? '', isReadOnly, ...named }]
  })
}

const readBytes = (file: string): Promise<Buffer> => readFile(file).catch(() => Buffer.alloc(0))

const lines = (table: Buffer): string[] =>
  table
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')

/** The kernel writes blanks, tabs, line ends and backslashes as `\040`. */
function unescape(word: string): string {
  const bytes = word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
  return pathFromBytes(Buffer.from(bytes, 'latin1'))
}
