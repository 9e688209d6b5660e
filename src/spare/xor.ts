/**
 * XOR of streams. All discs of a group give the spare's parity; the spare and all discs but one give the
 * missing disc.
 */

import { throwIfAborted } from '../errors.ts'
import { blockBytes } from './disc-stream.ts'
import { type RowFile, RowPass } from './row-of-files.ts'

export interface XorJob {
  readonly inputs: readonly AsyncGenerator<Uint8Array>[]
  readonly folder: string
  /** The files that the result is split into. */
  readonly files: readonly RowFile[]
  /** Whether `folder` already has the result of other inputs, to which these are added. */
  readonly continues: boolean
  /** Gets the number of bytes read from each input. */
  readonly onBytes: (bytes: number) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Reads all inputs in parallel to their ends, or to the end of the result, and writes the result. Returns the
 * SHA-256 of its files. Throws `io`, `no-space`, `aborted`.
 */
export async function xorStreams(job: XorJob): Promise<ReadonlyMap<string, string>> {
  const total = job.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const pass = new RowPass(job.folder, job.files)
  const sum = Buffer.from(new ArrayBuffer(blockBytes))
  try {
    for (let done = 0; done < total; done += blockBytes) {
      throwIfAborted(job.signal)
      const left = Math.min(blockBytes, total - done)
      const reads = job.inputs.map((input) => input.next())
      if (job.continues) pass.peek(sum)
      else sum.fill(0)
      for (const { value, done: isAtEnd } of await Promise.all(reads)) {
        if (isAtEnd === true) continue
        addTo(sum, value)
        job.onBytes(left)
      }
      pass.write(sum.subarray(0, left))
    }
    // If a file ends at a block's end, its check runs only when the next block is requested.
    await Promise.all(job.inputs.map((input) => input.next()))
    return pass.end()
  } finally {
    pass.close()
    await Promise.allSettled(job.inputs.map((input) => input.return(undefined)))
  }
}

/** Both addresses must be divisible by 8. */
function addTo(sum: Uint8Array, block: Uint8Array): void {
  const to = new BigUint64Array(sum.buffer, sum.byteOffset, blockBytes / 8)
  const from = new BigUint64Array(block.buffer, block.byteOffset, blockBytes / 8)
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as bigint) ^ (from[i] as bigint)
}
