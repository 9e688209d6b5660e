/**
 * What tells a worker, of a small file that it has read, whether its content is stored already in this run: by this
 * chunk, whose manifest may refer to it at once, or by any other, which has to be on its disc first. So no file is read
 * before it is packed only because another is of the same size.
 */

/** Where the content of a file stands that this chunk holds. */
export interface StoredHere {
  readonly content: number
  readonly member: string
}

const leastSlots = 1 << 10
/** 128 MiB: enough for 25 million files; of those after them copies are found in their own chunk only. */
const mostSlots = 1 << 25
const mostSteps = 64

/** Memory that all workers of a run share, for so many files. */
export function sharedContents(files: number): SharedArrayBuffer {
  let slots = leastSlots
  while (slots < files * 1.5 && slots < mostSlots) slots *= 2
  return new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT)
}

export class SeenContents {
  /** Of each content 32 bits of its hash, at a place that others of its bits say; 0 where there is none. */
  readonly #slots: Int32Array
  readonly #here = new Map<string, StoredHere>()

  constructor(shared: SharedArrayBuffer) {
    this.#slots = new Int32Array(shared)
  }

  /** Nothing is in the chunk yet. */
  beginChunk(): void {
    this.#here.clear()
  }

  /** Where this chunk has it. `hash` in lower-case hex. */
  find(hash: string): StoredHere | undefined {
    return this.#here.get(hash)
  }

  /**
   * Whether another chunk has it, or will; else it is noted that this one will. Two contents may be taken for one: who
   * relies on it compares the whole hash.
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

  /** Notes what the chunk holds. */
  note(hash: string, stored: StoredHere): void {
    this.#here.set(hash, stored)
  }
}
