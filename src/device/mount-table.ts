/** The mounts and swap areas of the running system. */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Mount, parseMounts, plainWord, tableLines } from '../files/mount-table.ts'

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
  return tableLines(table)
    .slice(1)
    .map((line) => plainWord(line.split(/\s/)[0] ?? ''))
    .filter((area) => area !== '')
}

const readBytes = (file: string): Promise<Buffer> => readFile(file).catch(() => Buffer.alloc(0))
