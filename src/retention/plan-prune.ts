/** Which chunks a prune drops. Pure data. */

/** A chunk that may be removed, and how much of it backups need. */
interface PrunableChunk {
  readonly chunk: number
  /** Stored bytes. */
  readonly bytes: number
  readonly liveContents: number
}

export interface PrunePlan {
  /** Chunks without a live content, in ascending order. */
  readonly drop: readonly number[]
  /** Stored bytes that this frees. */
  readonly freedBytes: number
}

/** Drops all dead chunks. A chunk stays as long as a backup needs one content of it. */
export function planPrune(chunks: readonly PrunableChunk[]): PrunePlan {
  const dead = chunks.filter(({ liveContents }) => liveContents === 0)
  return {
    drop: dead.map(({ chunk }) => chunk).sort((a, b) => a - b),
    freedBytes: sum(dead.map(({ bytes }) => bytes)),
  }
}

/** Below this share of the stored bytes, a prune is not worth its checkpoint, if no backup was forgotten. */
const leastFreed = 0.05

/** `checkpoint`: the chunk of the last one, which a new one replaces. */
export function isWorthwhile(plan: PrunePlan, chunks: readonly PrunableChunk[], checkpoint: number): boolean {
  const old = chunks.find(({ chunk }) => chunk === checkpoint)?.bytes ?? 0
  return plan.freedBytes - old > leastFreed * sum(chunks.map(({ bytes }) => bytes))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
