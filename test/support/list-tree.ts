/** What a tree is, as the expectations beside the fixtures have it: one line of JSON for each path. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { readAttributes } from '../../src/files/attributes.ts'
import { joinPath, pathForSystem, pathFromBytes } from '../../src/format/path-text.ts'

/**
 * Type, mode, time in nanoseconds, and of a file size, SHA-256, whether it has holes, and the first path of
 * its inode; of a symlink its target. Owners are left out: only root can restore them. The folder itself is
 * `.`, the order that of the paths.
 */
export function listTree(folder: string): string[] {
  const inodes = new Map<bigint, string>()
  const lines: string[] = []
  const visit = (path: string): void => {
    const file = pathForSystem(path === '' ? folder : `${folder}/${path}`)
    const stat = fs.lstatSync(file, { bigint: true })
    const first = !stat.isDirectory() && stat.nlink > 1n ? inodes.get(stat.ino) : undefined
    if (first === undefined) inodes.set(stat.ino, path)
    const attributes = [...readAttributes(file)].map(
      ([name, value]) => [name, Buffer.from(value).toString('base64')] as const,
    )
    lines.push(
      JSON.stringify({
        path: path === '' ? '.' : path,
        mode: (stat.mode & 0o7777n).toString(8),
        mtime: String(stat.mtimeNs),
        ...(first === undefined ? ofItsKind(file, stat) : { hardlink: first }),
        ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes.sort()) }),
      }),
    )
    if (!stat.isDirectory()) return
    const names = fs.readdirSync(file, { encoding: 'buffer' }).map(pathFromBytes)
    for (const name of names.sort()) visit(joinPath(path, name))
  }
  visit('')
  return lines
}

function ofItsKind(file: string | Buffer, stat: fs.BigIntStats): Record<string, unknown> {
  if (stat.isDirectory()) return { type: 'dir' }
  if (stat.isFIFO()) return { type: 'fifo' }
  if (stat.isSymbolicLink()) {
    return { type: 'symlink', link: pathFromBytes(fs.readlinkSync(file, { encoding: 'buffer' })) }
  }
  const sha256 = createHash('sha256').update(fs.readFileSync(file)).digest('hex')
  const holes = stat.blocks * 512n < stat.size
  return { type: 'file', size: Number(stat.size), sha256, ...(holes ? { holes } : {}) }
}
