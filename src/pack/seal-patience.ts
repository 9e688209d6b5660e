/**
 * Longer than any step of sealing, such as a sync of 1 GB to a slow disk. Only a program that hangs is silent
 * for so long.
 */
const defaultMs = 90_000

/**
 * After a stop, butcher stops waiting for a worker that has been silent for a while: its chunk is dropped.
 */
export class SealPatience {
  readonly #ms: number
  readonly #giveUp = new AbortController()
  /** Aborts when the patience ends, or when `signalNow` aborts. */
  readonly signal: AbortSignal
  #timer: NodeJS.Timeout | undefined

  constructor(signalNow: AbortSignal | undefined, ms = defaultMs) {
    this.#ms = ms
    this.signal = AbortSignal.any([this.#giveUp.signal, ...(signalNow ? [signalNow] : [])])
  }

  begin(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#giveUp.abort(), this.#ms)
  }

  /** Records that a worker did something. */
  renew(): void {
    if (this.#timer) this.begin()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
