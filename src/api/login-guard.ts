/** Slows down whoever guesses the password: one try at a time, and a longer wait after each wrong one. */

import { ApiError } from './api-error.ts'
import { isPassword } from './web-access.ts'

const firstWaitMs = 500
const longestWaitMs = 60_000
const mostPasswordCharacters = 1000

export class LoginGuard {
  #failures = 0
  #notBefore = 0
  #isBusy = false

  /** Throws 401 for a wrong password, and 429 for a try that comes too early. */
  async check(password: string): Promise<void> {
    const waitMs = this.#notBefore - Date.now()
    if (this.#isBusy || waitMs > 0)
      throw new ApiError(429, 'login', 'too many tries', {
        hint: 'wait a moment; butcher web prints a link that needs no password',
        retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
      })
    this.#isBusy = true
    try {
      if (password.length <= mostPasswordCharacters && (await isPassword(password))) {
        this.#failures = 0
        return
      }
    } finally {
      this.#isBusy = false
    }
    this.#notBefore = Date.now() + Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures++)
    throw new ApiError(401, 'login', 'the password is wrong')
  }
}
