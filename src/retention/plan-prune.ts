/** Which chunks a prune drops, and which it rewrites. Pure data. */

/** A chunk that may be removed, and the share of it that backups need. */
export interface PrunableChunk {
  readonly chunk: number
  /** Stored bytes. */
  readonly bytes: number
  readonly liveBytes: number
  readonly liveContents: number
  /** Whether its live contents can be stored elsewhere. */
  readonly isMovable: boolean
}

export interface PrunePlan {
  /** Chunks without a live content. */
  readonly drop: readonly number[]
  /** Chunks whose live contents are stored again in new ones. */
  readonly rewrite: readonly number[]
  /** Stored bytes that this frees, about. */
  readonly freedBytes: number
}

/**
 * The share of stored bytes that may be dead. So chunks take at most 1 / (1 - 0.3) = 1.43 times their live
 * bytes.
 */
const mostWaste = 0.3

/** Drops all dead chunks. Rewrites the emptiest ones as long as more than `mostWaste` of the rest is dead. */
export function planPrune(chunks: readonly PrunableChunk[]): PrunePlan {
  const dead = chunks.filter(({ liveContents }) => liveContents === 0)
  const rest = chunks.filter(({ liveContents }) => liveContents > 0)
  const live = sum(rest.map(({ liveBytes }) => liveBytes))
  let stored = sum(rest.map(({ bytes }) => bytes))
  const rewrite: PrunableChunk[] = []
  const share = ({ liveBytes, bytes }: PrunableChunk): number => liveBytes / Math.max(1, bytes)
  for (const chunk of rest.filter(({ isMovable }) => isMovable).sort((a, b) => share(a) - share(b))) {
    if (stored - live <= mostWaste * stored || share(chunk) >= 1) break
    rewrite.push(chunk)
    stored -= chunk.bytes - chunk.liveBytes
  }
  const numbers = (some: readonly PrunableChunk[]): number[] =>
    some.map(({ chunk }) => chunk).sort((a, b) => a - b)
  const freed =
    sum(dead.map(({ bytes }) => bytes)) + sum(rewrite.map(({ bytes, liveBytes }) => bytes - liveBytes))
  return { drop: numbers(dead), rewrite: numbers(rewrite), freedBytes: freed }
}

/** Below this share of the stored bytes, a prune is not worth its checkpoint, if no backup was forgotten. */
const leastFreed = 0.05

/** `checkpoint`: the chunk of the last one, which a new one replaces. */
export function isWorthwhile(plan: PrunePlan, chunks: readonly PrunableChunk[], checkpoint: number): boolean {
  const old = chunks.find(({ chunk }) => chunk === checkpoint)?.bytes ?? 0
  return plan.freedBytes - old > leastFreed * sum(chunks.map(({ bytes }) => bytes))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
