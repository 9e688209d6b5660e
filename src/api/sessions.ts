/** Sessions of browsers, and links that begin one. Only hashes are kept, so a look into memory gives none. */

import { createHash, randomBytes } from 'node:crypto'

export interface Session {
  /** SHA-256 of its cookie. */
  readonly hash: string
  readonly expires: number
}

const idleMs = 12 * 3600_000
const longestMs = 7 * 24 * 3600_000
const linkMs = 60_000
const mostSessions = 1000

interface Known {
  readonly begun: number
  used: number
}

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const newSecret = (): string => randomBytes(32).toString('base64url')

export class Sessions {
  readonly #sessions = new Map<string, Known>()
  readonly #links = new Map<string, number>()

  /** The value of a new cookie. */
  begin(): string {
    const cookie = newSecret()
    this.#drop()
    if (this.#sessions.size >= mostSessions)
      this.#sessions.delete(this.#sessions.keys().next().value as string)
    this.#sessions.set(hashOf(cookie), { begun: Date.now(), used: Date.now() })
    return cookie
  }

  /** The session of a cookie, if it is valid; this use of it counts. */
  find(cookie: string | undefined): Session | undefined {
    if (cookie === undefined) return undefined
    const hash = hashOf(cookie)
    if (!this.isValid(hash)) return undefined
    const known = this.#sessions.get(hash) as Known
    known.used = Date.now()
    return { hash, expires: expiryOf(known) }
  }

  isValid(hash: string): boolean {
    const known = this.#sessions.get(hash)
    return known !== undefined && expiryOf(known) > Date.now()
  }

  end(hash: string): void {
    this.#sessions.delete(hash)
  }

  /** After another password. */
  endAll(): void {
    this.#sessions.clear()
    this.#links.clear()
  }

  /** A secret that `takeLink` accepts once, within a minute. */
  newLink(): string {
    const secret = newSecret()
    this.#links.set(hashOf(secret), Date.now() + linkMs)
    return secret
  }

  takeLink(secret: string): boolean {
    const hash = hashOf(secret)
    const until = this.#links.get(hash)
    this.#links.delete(hash)
    return until !== undefined && until > Date.now()
  }

  #drop(): void {
    for (const hash of this.#sessions.keys()) if (!this.isValid(hash)) this.#sessions.delete(hash)
    for (const [hash, until] of this.#links) if (until <= Date.now()) this.#links.delete(hash)
  }
}

const expiryOf = ({ begun, used }: Known): number => Math.min(used + idleMs, begun + longestMs)

export const linkSeconds = linkMs / 1000
