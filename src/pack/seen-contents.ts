/**
 * Tells a worker whether the content of a small file, just read, is already stored in this run. If this chunk
 * has it, the manifest can refer to it at once. If another chunk has it, that chunk must be on its disc
 * first. So no file must be read in advance only because another has the same size.
 */

/** The place of a content in this chunk. */
export interface StoredHere {
  readonly content: number
  readonly member: string
}

const leastSlots = 1 << 10
/** 128 MiB, enough for 25 million files. Beyond that, copies are found only within their own chunk. */
const mostSlots = 1 << 25
const mostSteps = 64

/** Memory that all workers of a run share, sized for `files` files. */
export function sharedContents(files: number): SharedArrayBuffer {
  let slots = leastSlots
  while (slots < files * 1.5 && slots < mostSlots) slots *= 2
  return new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT)
}

export class SeenContents {
  /** For each content, 32 bits of its hash, at an index from other bits of it; 0 if free. */
  readonly #slots: Int32Array
  readonly #here = new Map<string, StoredHere>()

  constructor(shared: SharedArrayBuffer) {
    this.#slots = new Int32Array(shared)
  }

  /** Forgets the contents of the chunk before. */
  beginChunk(): void {
    this.#here.clear()
  }

  /** The content's place in this chunk. `hash` is lower-case hex. */
  find(hash: string): StoredHere | undefined {
    return this.#here.get(hash)
  }

  /**
   * Whether another chunk has, or will have, the content. If not, records that this one will. Two contents
   * can look the same here, so the caller must compare the whole hash.
   */
  seenElsewhere(hash: string): boolean {
    const slots = this.#slots
    const mask = slots.length - 1
    const mark = Number.parseInt(hash.slice(8, 16), 16) | 0 || 1
    let at = Number.parseInt(hash.slice(0, 8), 16) & mask
    for (let step = 0; step < mostSteps; step++, at = (at + 1) & mask) {
      const found = Atomics.compareExchange(slots, at, 0, mark)
      if (found === 0) return false
      if (found === mark) return true
    }
    return false
  }

  /** Records a content of this chunk. */
  record(hash: string, stored: StoredHere): void {
    this.#here.set(hash, stored)
  }
}
