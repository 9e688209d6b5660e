/** Memory for reads and writes past the system's cache. */

const pageBytes = 65_536

/**
 * A block of shared memory that begins at a page, as O_DIRECT needs. `bytes` is a multiple of 64 KiB. In
 * Node, only WebAssembly memory begins at a page.
 */
export function pageMemory(bytes: number): SharedArrayBuffer {
  const pages = bytes / pageBytes
  // The types of Node know no shared memory of WebAssembly.
  const shared = { initial: pages, maximum: pages, shared: true } as { initial: number }
  return new WebAssembly.Memory(shared).buffer as unknown as SharedArrayBuffer
}
