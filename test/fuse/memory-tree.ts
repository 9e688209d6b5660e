/** A small file system of constants, for tests: a folder, files, a symlink, a file that is answered later. */

import { constants } from 'node:os'
import { type CreateTree, type FuseTree, later, type TreeContext } from '../../src/fuse/tree.ts'

export interface MemoryTreeData {
  /** The number of files in `many/`. */
  readonly many?: number
  readonly bytes?: number
}

const { ENOENT, ENODATA } = constants.errno
const modified = { seconds: 1_700_000_000, nanoseconds: 123_456_789 }
const owner = { owner: 0, group: 0, modified }
const [root, many, hello, link, slow, early] = [1, 2, 3, 4, 5, 6]
const firstOfMany = 100

export const createTree: CreateTree<MemoryTreeData> = (
  { many: count = 0, bytes = 1_000_000 },
  { contentPorts, startContent }: TreeContext,
): FuseTree => {
  const content = Buffer.alloc(bytes, 'hello, world\n')
  const names = new Map([
    ['many', many],
    ['hello', hello],
    ['link', link],
    ['slow', slow],
    ['early', early],
  ])
  const modeOf = (node: number): number =>
    node === root || node === many ? 0o040755 : node === link ? 0o120777 : 0o100444
  return {
    lookup: (parent, name) => {
      if (parent === root) return names.get(name.toString()) ?? -ENOENT
      const index = Number(/^file-(\d+)$/.exec(name.toString())?.[1] ?? count)
      return parent === many && index < count ? firstOfMany + index : -ENOENT
    },
    attributes: (node) => ({
      ...owner,
      mode: modeOf(node),
      bytes: node === link ? 5 : node >= firstOfMany ? 6 : bytes,
      ...(node === early ? { modified: { seconds: -2, nanoseconds: 5 } } : {}),
    }),
    readdir: (node) => {
      const all =
        node === root
          ? [...names].map(([name, of]) => ({ name, of }))
          : Array.from({ length: count }, (_, i) => ({ name: `file-${i}`, of: firstOfMany + i }))
      return all.map(({ name, of }) => ({ name, node: of, mode: modeOf(of) }))
    },
    readlink: () => Buffer.from('hello'),
    read: (node, _handle, offset, wanted, room, pending) => {
      if (node === slow) {
        startContent()
        contentPorts[0]?.postMessage({ offset, wanted, pending })
        return later
      }
      if (node >= firstOfMany) return Buffer.from('small\n').subarray(offset, offset + wanted)
      const piece = content.subarray(offset, offset + wanted)
      room.set(piece)
      return piece.length
    },
    listxattr: (node) => Buffer.from(node === hello ? 'user.color\0' : ''),
    getxattr: (node, name) =>
      node === hello && name.toString() === 'user.color' ? Buffer.from('blue') : -ENODATA,
    statfs: () => ({ bytes: 123 * 4096, files: names.size }),
  }
}
