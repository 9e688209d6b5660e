/** The numbers that the kernel knows files and folders by. A path has one as long as somebody knows it. */

import type { View } from './views.ts'

export interface Item {
  readonly node: number
  readonly view: View
  /** In the backup. A hard link has the item of the file that it links to. */
  readonly path: string
  readonly inode: number
  readonly isFolder: boolean
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

  of(view: View, path: string, isFolder: boolean): Item {
    let paths = this.#byPath.get(view.key)
    if (paths === undefined) this.#byPath.set(view.key, (paths = new Map()))
    let item = paths.get(path)
    if (item === undefined) {
      item = { node: this.#next++, view, path, inode: inodeOf(view, path), isFolder, kept: 0, listed: 0 }
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
 * Inode numbers out of paths, the same in every mount: FNV-1a of 64 bits (RFC 9923), 52 of them, above all
 * numbers of nodes. A collision would make two files one, for programs that look for hard links.
 */
export class Inodes {
  readonly #high: number
  readonly #low: number

  /** For the names that follow `start`. */
  constructor(start: string) {
    ;[this.#high, this.#low] = mix(0xcbf29ce4, 0x84222325, start)
  }

  of(name: string): number {
    const [high, low] = mix(this.#high, this.#low, name)
    return 2 ** 52 + (high & 0xfffff) * 2 ** 32 + low
  }
}

function mix(high: number, low: number, text: string): readonly [high: number, low: number] {
  for (let i = 0; i < text.length; i++) {
    low = (low ^ text.charCodeAt(i)) >>> 0
    // The prime is 2^40 + 0x1b3. The product is exact: it has 41 bits.
    const product = low * 0x1b3
    const rest = product >>> 0
    high = (Math.imul(high, 0x1b3) + (low << 8) + (product - rest) / 2 ** 32) >>> 0
    low = rest
  }
  return [high, low]
}

/** The numbers of the names in a folder of a view. */
export const inodesIn = ({ key }: View, folder: string): Inodes =>
  new Inodes(folder === '' ? `${key}/` : `${key}/${folder}/`)

export const inodeOf = (view: View, path: string): number => inodesIn(view, '').of(path)
