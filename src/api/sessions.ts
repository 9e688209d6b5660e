/** Sessions of browsers, and links that begin one. Only hashes are kept, so a look at them gives none. */

import { createHash, randomBytes } from 'node:crypto'
import type { SavedSession } from './session-file.ts'

export interface Session {
  /** SHA-256 of its cookie. */
  readonly hash: string
  readonly expires: number
}

const idleMs = 12 * 3600_000
const longestMs = 7 * 24 * 3600_000
const linkMs = 60_000
const mostSessions = 1000
/** A use is saved this often at most. */
const saveMs = 60_000

interface Known {
  readonly begun: number
  used: number
  /** The use that is saved. */
  saved: number
}

/** Keeps the sessions while no daemon runs. */
export interface SessionStore {
  readonly read: () => readonly SavedSession[]
  readonly save: (sessions: readonly SavedSession[]) => void
}

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const newSecret = (): string => randomBytes(32).toString('base64url')

export class Sessions {
  readonly #sessions = new Map<string, Known>()
  readonly #links = new Map<string, number>()
  readonly #store: SessionStore

  constructor(store: SessionStore) {
    this.#store = store
    for (const { hash, begun, used } of store.read())
      // One of the future was saved before the clock was set back.
      if (used <= Date.now()) this.#sessions.set(hash, { begun, used, saved: used })
    this.#drop()
  }

  /** The value of a new cookie. */
  begin(): string {
    const cookie = newSecret()
    this.#drop()
    if (this.#sessions.size >= mostSessions)
      this.#sessions.delete(this.#sessions.keys().next().value as string)
    const now = Date.now()
    this.#sessions.set(hashOf(cookie), { begun: now, used: now, saved: now })
    this.#save()
    return cookie
  }

  /** The session of a cookie, if it is valid; this use of it counts. */
  find(cookie: string | undefined): Session | undefined {
    if (cookie === undefined) return undefined
    const hash = hashOf(cookie)
    if (!this.isValid(hash)) return undefined
    const known = this.#sessions.get(hash) as Known
    known.used = Date.now()
    if (known.used - known.saved >= saveMs) this.#save()
    return { hash, expires: expiryOf(known) }
  }

  isValid(hash: string): boolean {
    const known = this.#sessions.get(hash)
    return known !== undefined && expiryOf(known) > Date.now()
  }

  end(hash: string): void {
    if (this.#sessions.delete(hash)) this.#save()
  }

  /** After another password. */
  endAll(): void {
    this.#sessions.clear()
    this.#links.clear()
    this.#save()
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

  #save(): void {
    for (const known of this.#sessions.values()) known.saved = known.used
    this.#store.save([...this.#sessions].map(([hash, { begun, used }]) => ({ hash, begun, used })))
  }

  #drop(): void {
    for (const hash of this.#sessions.keys()) if (!this.isValid(hash)) this.#sessions.delete(hash)
    for (const [hash, until] of this.#links) if (until <= Date.now()) this.#links.delete(hash)
  }
}

const expiryOf = ({ begun, used }: Pick<Known, 'begun' | 'used'>): number =>
  Math.min(used + idleMs, begun + longestMs)

export const linkSeconds = linkMs / 1000
