/** Remembers answers by the `Idempotency-Key` of their requests: a repeated one does nothing again. */

import type { Answer } from './answer.ts'

const mostKept = 1000
const validMs = 24 * 3600_000

export class AnswersByKey {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<Answer> }>()

  once(key: string, work: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key)
    if (known && Date.now() - known.at < validMs) return known.answer
    const answer = work()
    this.#answers.delete(key)
    this.#answers.set(key, { at: Date.now(), answer })
    if (this.#answers.size > mostKept) this.#answers.delete(this.#answers.keys().next().value as string)
    // Whoever failed may try again.
    answer.catch(() => this.#answers.delete(key))
    return answer
  }
}
