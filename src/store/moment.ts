/** A moment, by two clocks: one may be set back, the other may stand still while the machine sleeps. */
export class Moment {
  readonly #wall = Date.now()
  readonly #running = performance.now()

  get ageMs(): number {
    return Math.max(Date.now() - this.#wall, performance.now() - this.#running)
  }
}
