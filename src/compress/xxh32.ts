/** XXH32 with seed 0: the checksum of lz4 frames. */

export interface Xxh32 {
  readonly update: (bytes: Uint8Array) => void
  /** Ends it. */
  readonly digest: () => number
}

export async function newXxh32(): Promise<Xxh32> {
  // Loaded for data that needs it: it holds the code of all its hashes.
  const { createXXHash32 } = await import('hash-wasm')
  const hasher = await createXXHash32(0)
  hasher.init()
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => Number.parseInt(hasher.digest('hex'), 16),
  }
}
