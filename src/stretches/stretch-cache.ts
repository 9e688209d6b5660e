/** Keeps decoded data in memory, up to a bound. Who asks for data that is being decoded waits for it. */

interface Held {
  readonly data: Promise<Buffer>
  /** 0 until it is there. */
  bytes: number
}

export class StretchCache {
  readonly #mostBytes: number
  /** The least recently used first. */
  readonly #held = new Map<string, Held>()
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  has(key: string): boolean {
    return this.#held.has(key)
  }

  /** What is held, or what `make` gives. A failure is not held. */
  get(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const before = this.#held.get(key)
    if (before !== undefined) {
      this.#held.delete(key)
      this.#held.set(key, before)
      return before.data
    }
    const data = make()
    const held: Held = { data, bytes: 0 }
    this.#held.set(key, held)
    data.then(
      ({ length }) => {
        if (this.#held.get(key) !== held) return
        held.bytes = length
        this.#bytes += length
        this.#makeRoom(key)
      },
      () => {
        if (this.#held.get(key) === held) this.#held.delete(key)
      },
    )
    return data
  }

  /** Forgets everything whose key begins so. */
  drop(prefix: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(prefix)) this.#remove(key)
  }

  #makeRoom(newest: string): void {
    for (const [key, { bytes }] of this.#held) {
      if (this.#bytes <= this.#mostBytes) return
      // What is being decoded takes no part yet.
      if (bytes > 0 && key !== newest) this.#remove(key)
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#held.get(key)?.bytes ?? 0
    this.#held.delete(key)
  }
}
