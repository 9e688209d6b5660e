/**
 * Memory that begins at a page, as O_DIRECT needs. In Node, only WebAssembly memory does: this is a hack. It
 * reserves some GB of addresses, which a limit (`ulimit -v`) may forbid.
 */

const pageBytes = 65_536

/** `bytes` is a multiple of 64 KiB. Other memory if a limit forbids it: O_DIRECT then fails with EINVAL. */
export function pageMemory(bytes: number): Buffer {
  try {
    return Buffer.from(new WebAssembly.Memory({ initial: bytes / pageBytes }).buffer)
  } catch {
    return Buffer.allocUnsafeSlow(bytes)
  }
}

/** The same, in memory that threads share. Throws a RangeError if a limit forbids it. */
export function sharedPageMemory(bytes: number): SharedArrayBuffer {
  const pages = bytes / pageBytes
  // The types of Node know no shared memory of WebAssembly.
  const shared = { initial: pages, maximum: pages, shared: true } as { initial: number }
  return new WebAssembly.Memory(shared).buffer as unknown as SharedArrayBuffer
}
