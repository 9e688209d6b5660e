/** Answers READDIR and READDIRPLUS. */

import { direntLength, putDirent, putEntry } from './attributes.ts'
import { entryBytes } from './protocol.ts'
import type { DirectoryEntry, Failure, FuseTree, Node } from './tree.ts'

/** The entries `.` and `..` have the offsets 1 and 2; those of the tree come after them. */
const dots: readonly Buffer[] = [Buffer.from('.'), Buffer.from('..')]
const folderMode = 0o040000

/**
 * Puts entries from `offset` on into `target`, as many as have room in `bytes`. The answer's length: 0 at the
 * end of the folder. `plus`: with the attributes of each, which counts as a lookup.
 */
export function putDirectory(
  tree: FuseTree,
  node: Node,
  offset: number,
  target: Buffer,
  bytes: number,
  plus: boolean,
): number | Failure {
  let at = 0
  const end = Math.min(bytes, target.length)
  for (let i = offset; i < dots.length; i++) {
    const entry = { name: dots[i] as Buffer, node, mode: folderMode, next: i + 1 }
    if (at + lengthOf(entry, plus) > end) return at
    // The kernel looks neither of them up: an entry without a node.
    if (plus) at += fillZero(target, at)
    at += putDirent(target, at, entry)
  }
  const entries = tree.readdir(node, Math.max(0, offset - dots.length))
  if (typeof entries === 'number') return entries
  for (const entry of entries) {
    if (at + lengthOf(entry, plus) > end) break
    if (plus) {
      const attributes = tree.attributes(entry.node)
      if (typeof attributes === 'number') at += fillZero(target, at)
      else {
        at += putEntry(target, at, entry.node, attributes)
        tree.keep?.(entry.node)
      }
    }
    at += putDirent(target, at, { ...entry, next: entry.next + dots.length })
  }
  return at
}

const lengthOf = ({ name }: DirectoryEntry, plus: boolean): number =>
  direntLength(name) + (plus ? entryBytes : 0)

function fillZero(target: Buffer, at: number): number {
  target.fill(0, at, at + entryBytes)
  return entryBytes
}
