/**
 * Tells whether programs want attributes together with names. `find` and a file dialog need only names, which
 * cost a third. After `ls -l` or `rsync` looked into one folder, the next ones are listed with attributes.
 */

/** After so many listings, one without attributes shows whether they are still wanted. */
const listingsWithAttributes = 64
const mostWithout = 1024

export class AttributeWish {
  #left = 0
  /** The folders that were listed without. */
  readonly #without = new Set<number>()

  /** Whether the listing of this folder, which begins now, should have attributes. */
  isFor(folder: number): boolean {
    this.#without.delete(folder)
    if (this.#left > 0) {
      this.#left--
      return true
    }
    if (this.#without.size >= mostWithout) this.#without.clear()
    this.#without.add(folder)
    return false
  }

  /** A program asked for the attributes of a file in this folder. */
  lookedUp(folder: number): void {
    if (this.#without.has(folder)) this.#left = listingsWithAttributes
  }
}
