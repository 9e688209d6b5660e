/** Runs the walk in its own thread, so that it can start while the catalog is being opened. */

import { throwIfAborted } from '../errors.ts'
import type { PathFilterOptions, UnmatchedPatterns } from '../files/path-filter.ts'
import type { SourceTree } from '../format/source-tree.ts'
import { fromPlain, type PlainError } from '../threads/plain-error.ts'
import { startThread, type Thread } from '../threads/start-thread.ts'
import type { EntryBatch } from './entry-batch.ts'
import type { SourceProblem } from './source-entry.ts'

export interface WalkOfSource {
  readonly source: SourceTree
  readonly filter: Omit<PathFilterOptions, 'excludeFrom'>
  /** As in `WalkOptions`. */
  readonly leaveOut: readonly string[]
  readonly oneFileSystem: boolean
}

/** The thread's inputs. */
export interface WalkSetup extends WalkOfSource {
  readonly batchEntries: number
  /** The most batches that may wait for the reader. */
  readonly mostAhead: number
  /** The number of batches that wait. */
  readonly ahead: SharedArrayBuffer
}

export type FromWalk =
  | ({ readonly found: 'some' } & Found)
  | { readonly found: 'all'; readonly unmatched: UnmatchedPatterns }
  | { readonly found: 'trouble'; readonly error: PlainError }

export interface Found {
  readonly entries: EntryBatch
  /** Problems found before the last of the entries. */
  readonly problems: readonly SourceProblem[]
  /** Folders that were left out, and their keys in `leaveOut`. */
  readonly left: readonly { readonly path: string; readonly key: string }[]
}

export class WalkThread {
  readonly #thread: Thread<never>
  readonly #ahead = new SharedArrayBuffer(4)
  readonly #waiting: Found[] = []
  #unmatched: UnmatchedPatterns | undefined
  #failure: Error | undefined
  #wake: (() => void) | undefined

  /** The walk can be up to `mostAhead` batches ahead of the reader: about 30 MB. */
  constructor(walk: WalkOfSource, { batchEntries = 2000, mostAhead = 128 } = {}) {
    this.#thread = startThread<never, FromWalk>(new URL('./walk-worker.ts', import.meta.url), {
      name: 'the thread of the walk',
      data: { ...walk, batchEntries, mostAhead, ahead: this.#ahead } satisfies WalkSetup,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
      onMessage: (message) => {
        if (message.found === 'some') this.#waiting.push(message)
        else if (message.found === 'all') this.#unmatched = message.unmatched
        else this.#failure = fromPlain(message.error)
        this.#wake?.()
      },
      onDeath: (error) => {
        // When it has said all, it ends by itself.
        if (this.#unmatched === undefined) this.#failure ??= error
        this.#wake?.()
      },
    })
  }

  /**
   * The next entries, undefined at the end. Throws `aborted`, and the system's errors if the source itself
   * cannot be read.
   */
  async next(signal: AbortSignal | undefined): Promise<Found | undefined> {
    const stop = (): void => this.#wake?.()
    signal?.addEventListener('abort', stop)
    try {
      for (;;) {
        throwIfAborted(signal)
        const found = this.#waiting.shift()
        if (found) {
          this.#noteTaken()
          return found
        }
        if (this.#failure) throw this.#failure
        if (this.#unmatched) return undefined
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** The filter patterns that matched nothing; undefined before the end. */
  get unmatched(): UnmatchedPatterns | undefined {
    return this.#unmatched
  }

  /** Ends the thread at any point. */
  async stop(): Promise<void> {
    await this.#thread.end()
  }

  #noteTaken(): void {
    const waiting = new Int32Array(this.#ahead)
    Atomics.sub(waiting, 0, 1)
    Atomics.notify(waiting, 0)
  }
}
