/** The numbers that the kernel knows files and folders by. A path has one as long as somebody knows it. */

import type { View } from './views.ts'

export interface Item {
  readonly node: number
  readonly view: View
  /** In the backup. A hard link has the item of the file that it links to. */
  readonly path: string
  readonly inode: number
  /** How often the kernel got the number, and how many listings have it. */
  kept: number
  listed: number
}

export class Nodes {
  readonly #byNode = new Map<number, Item>()
  readonly #byPath = new Map<string, Map<string, Item>>()
  #next: number

  constructor(first: number) {
    this.#next = first
  }

  get(node: number): Item | undefined {
    return this.#byNode.get(node)
  }

  of(view: View, path: string): Item {
    let paths = this.#byPath.get(view.key)
    if (paths === undefined) this.#byPath.set(view.key, (paths = new Map()))
    let item = paths.get(path)
    if (item === undefined) {
      item = { node: this.#next++, view, path, inode: inodeOf(view, path), kept: 0, listed: 0 }
      paths.set(path, item)
      this.#byNode.set(item.node, item)
    }
    return item
  }

  /** Drops the item if nobody knows its number any more. */
  release(item: Item): void {
    if (item.kept > 0 || item.listed > 0) return
    this.#byNode.delete(item.node)
    this.#byPath.get(item.view.key)?.delete(item.path)
  }

  get size(): number {
    return this.#byNode.size
  }
}

/**
 * An inode number out of a path, the same in every mount: FNV-1a of 64 bits (RFC 9923), 52 of them, above all
 * numbers of nodes. A collision would make two files one, for programs that look for hard links.
 */
function inodeOf(view: View, path: string): number {
  let [high, low] = [0xcbf29ce4, 0x84222325]
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i++) {
      low = (low ^ text.charCodeAt(i)) >>> 0
      // The prime is 2^40 + 0x1b3. The product is exact: it has 41 bits.
      const product = low * 0x1b3
      const rest = product >>> 0
      high = (Math.imul(high, 0x1b3) + (low << 8) + (product - rest) / 2 ** 32) >>> 0
      low = rest
    }
  }
  mix(view.key)
  mix('/')
  mix(path)
  return 2 ** 52 + (high & 0xfffff) * 2 ** 32 + low
}
