import { createRequire } from 'node:module'

/** M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX of glibc's <malloc.h>. */
const trimThreshold = -1
const mmapThreshold = -3
const arenaMax = -8

/** glibc's own first threshold, which it otherwise raises to 32 MiB with the first large buffer that is freed. */
const largeBytes = 131_072

/**
 * Lets the C library give large buffers back to the system as soon as they are free. Without it a backup of 57,000
 * files peaked at 509 MB, with it at 370 (two workers). Does nothing where the C library is another.
 */
export function returnFreedMemory(): void {
  if (process.platform !== 'linux') return
  try {
    const koffi = createRequire(import.meta.url)('koffi')
    const mallopt = koffi.load(null).func('int mallopt(int param, int value)')
    mallopt(mmapThreshold, largeBytes)
    mallopt(trimThreshold, largeBytes)
    mallopt(arenaMax, 2)
  } catch {
    // no koffi, or no mallopt: more memory, and nothing else
  }
}
