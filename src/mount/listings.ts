/** Listings that the kernel may be reading. */

import type { DirectoryEntry, Node } from '../fuse/tree.ts'
import type { Item } from './nodes.ts'

export interface Listing {
  readonly entries: readonly DirectoryEntry[]
  /** Those of the entries that have a node. */
  readonly items: readonly Item[]
}

const mostListings = 64

export class Listings {
  readonly #of = new Map<Node, Listing>()
  readonly #dropItem: (item: Item) => void

  /** `dropItem`: a listing does not need this item any more. */
  constructor(dropItem: (item: Item) => void) {
    this.#dropItem = dropItem
  }

  get(node: Node): Listing | undefined {
    return this.#of.get(node)
  }

  add(node: Node, listing: Listing): void {
    for (const item of listing.items) item.listed++
    this.drop(node)
    this.#of.set(node, listing)
    if (this.#of.size > mostListings) this.drop(this.#of.keys().next().value as Node)
  }

  drop(node: Node): void {
    const listing = this.#of.get(node)
    if (listing === undefined) return
    this.#of.delete(node)
    for (const item of listing.items) {
      item.listed--
      this.#dropItem(item)
    }
  }
}
