import { stopped } from '../errors.ts'

/** Lets so many at a time go on, in the order in which they came. */
export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#free = most
  }

  /** Call the returned function at the end. Throws `aborted` if the caller goes away. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let isOver = false
    const release = (): void => {
      if (isOver) return
      isOver = true
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
    if (!signal.aborted) return release
    release()
    throw stopped()
  }
}
