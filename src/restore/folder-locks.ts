/**
 * Only one thread at a time checks for a free name in a folder and takes it: to the file system, two names
 * may be the same.
 */

const stripes = 64

/** Shared by all threads of a restore. */
export const makeFolderLocks = (): Int32Array => new Int32Array(new SharedArrayBuffer(stripes * 4))

/** Runs `doing` while no other thread does so for the same folder. */
export function withFolder<Result>(locks: Int32Array, folder: string, doing: () => Result): Result {
  const stripe = stripeOf(folder)
  while (Atomics.compareExchange(locks, stripe, 0, 1) !== 0) Atomics.wait(locks, stripe, 1)
  try {
    return doing()
  } finally {
    Atomics.store(locks, stripe, 0)
    Atomics.notify(locks, stripe, 1)
  }
}

function stripeOf(folder: string): number {
  let hash = 0
  for (let i = 0; i < folder.length; i++) hash = (hash * 31 + folder.charCodeAt(i)) | 0
  return (hash >>> 0) % stripes
}
