/** Answers READDIR and READDIRPLUS. */

import { putDirent, putEntry } from './attributes.ts'
import { entryBytes } from './protocol.ts'
import type { DirectoryEntry, Failure, FuseTree, Node } from './tree.ts'

/** The entries `.` and `..` have the offsets 1 and 2; those of the tree come after them. */
const dots: readonly string[] = ['.', '..']
const folderMode = 0o040000

/**
 * Puts entries from `offset` on into `target`, as many as have room in `bytes`. The answer's length: 0 at the
 * end of the folder. `plus`: with the attributes of those that have a node, which counts as a lookup.
 */
export function putDirectory(
  tree: FuseTree,
  node: Node,
  offset: number,
  target: Buffer,
  bytes: number,
  plus: boolean,
): number | Failure {
  const end = Math.min(bytes, target.length)
  const entries = tree.readdir(node, Math.max(0, offset - dots.length))
  if (typeof entries === 'number') return entries
  let at = 0
  for (let i = offset; i < dots.length + entries.length; i++) {
    const dot = dots[i]
    const entry =
      dot === undefined
        ? (entries[i - dots.length] as DirectoryEntry)
        : { name: dot, mode: folderMode, inode: node }
    const headBytes = plus ? entryBytes : 0
    const length = putDirent(target, at + headBytes, end, entry, i + 1)
    if (length === 0) break
    if (plus) putLookup(tree, entry.node, target, at)
    at += headBytes + length
  }
  return at
}

/** Zeros say that the kernel may look the name up itself. */
function putLookup(tree: FuseTree, node: Node | undefined, target: Buffer, at: number): void {
  const attributes = node === undefined ? undefined : tree.attributes(node)
  if (node === undefined || attributes === undefined || typeof attributes === 'number') {
    target.fill(0, at, at + entryBytes)
    return
  }
  putEntry(target, at, node, attributes)
  tree.keep?.(node)
}
