/** Tries a call again, and waits for a store that is away. */

import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { storeError, Trouble } from './rclone-error.ts'

/** A store that has not answered for so long is given up. */
const defaultPatienceMs = 15 * 60_000
/** Tries of a call whose error is none of an absent store. */
const mostTries = 5
const firstPauseMs = 250
const longestPauseMs = 30_000

export class Patience {
  readonly #patienceMs: number
  readonly #report: Report
  readonly #store: string
  #isTold = false

  constructor(store: string, patienceMs: number = defaultPatienceMs, report: Report = silent) {
    this.#store = store
    this.#patienceMs = patienceMs
    this.#report = report
  }

  /**
   * The result of `call`. `doing` begins the message of the error, such as `cannot write x to rclone:y:z`.
   * Errors that are no `Trouble` pass at once, as does `missing`.
   */
  async try<T>(doing: string, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    const tries = this.tries(doing, signal)
    for (;;) {
      throwIfAborted(signal)
      try {
        const result = await call()
        tries.succeeded()
        return result
      } catch (error) {
        await tries.failed(error)
      }
    }
  }

  /** The tries of one call, or of one stretch of a file. */
  tries(doing: string, signal: AbortSignal | undefined): Tries {
    let count = 0
    let since: number | undefined
    return {
      succeeded: () => {
        count = 0
        since = undefined
        if (this.#isTold) this.#report({ type: 'note', message: `${this.#store} answers again` })
        this.#isTold = false
      },
      failed: async (error) => {
        throwIfAborted(signal, error)
        if (!(error instanceof Trouble) || error.kind === 'missing') throw error
        if (error.kind === 'final' || (error.kind === 'passing' && ++count >= mostTries))
          throw storeError(error, doing)
        if (error.kind === 'away') {
          since ??= performance.now()
          if (performance.now() - since > this.#patienceMs) throw storeError(this.#givenUp(error), doing)
          if (++count > 1) this.#tell(error)
        }
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(count - 1, 10))
        // Not all at once: several calls may wait for the same store.
        await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, signal ? { signal } : {}).catch(() => {})
        throwIfAborted(signal)
      },
    }
  }

  #givenUp({ message }: Trouble): Trouble {
    const minutes = Math.max(1, Math.round(this.#patienceMs / 60_000))
    return new Trouble(
      'final',
      `no answer for ${minutes} min: ${message}`,
      'io',
      'run the same command again to continue',
    )
  }

  #tell({ message }: Trouble): void {
    if (this.#isTold) return
    this.#isTold = true
    const minutes = Math.ceil(this.#patienceMs / 60_000)
    this.#report({ type: 'note', message: `waiting for ${this.#store} for up to ${minutes} min: ${message}` })
  }
}

export interface Tries {
  readonly succeeded: () => void
  /** Waits before the next try, or throws the error for the user. */
  readonly failed: (error: unknown) => Promise<void>
}
