/**
 * The lock of a set in a store: only one run writes. No store makes a file only if there is none yet. So
 * each run writes a lock of its own, and then lists all of them. A run that sees the lock of another live
 * run gives way.
 *
 * A holder writes its lock anew every minute, under a new name. The lock of a dead run becomes old. Its age
 * is a difference of two times of the store, if the store tells its own time. If not, the lock is watched:
 * the clocks of two machines may differ, but only a live run changes its lock.
 */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asButcherError, ButcherError, throwIfAborted } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { makeTempDir } from '../files/temp-dir.ts'
import { showPath } from '../format/path-text.ts'
import {
  fileTime,
  holderText,
  isOwnTime,
  isSurelyDead,
  lockFile,
  lockFolder,
  type LockRecord,
  type Other,
  othersIn,
  ownRecord,
  parseLock,
} from './lock-record.ts'
import { Moment } from './moment.ts'
import { showPlace } from './rclone-place.ts'
import { uploadFolder } from './store-path.ts'
import type { Store, StoredFile, Stoppable } from './store.ts'

export interface StoreLockOptions extends Stoppable {
  readonly report?: Report
  /** The time between two refreshes, in ms: for tests. */
  readonly refreshMs?: number
}

export interface StoreLock {
  /** The files of the store, as listed when the lock was taken, without locks and uploads. */
  readonly files: readonly StoredFile[]
  /**
   * Throws `locked` if the lock is lost: the store was away for long, and another run took over. Asks the
   * store only if the last refresh is long ago. Call it before each write that another run would trip over.
   */
  check(): Promise<void>
  /** Never throws: a lock that stays becomes old. */
  release(): Promise<void>
}

const defaultRefreshMs = 60_000
/** A lock is old when so many refreshes are missing. */
const missedRefreshes = 10
/** A lock of unknown age is watched for so many refreshes. */
const watchedRefreshes = 2.5
/** After so many refreshes without an answer, the holder no longer trusts its own lock. */
const trustedRefreshes = 3
const mostLockBytes = 4096
/** Runs that begin at one moment see each other: then each tries again. */
const mostTries = 3
const releaseMs = 10_000

/** Takes the lock. Throws `locked`, naming the holder. */
export async function takeStoreLock(store: Store, options: StoreLockOptions = {}): Promise<StoreLock> {
  for (let tries = 1; ; tries++) {
    const lock = new HeldLock(store, options)
    try {
      await lock.take()
      return lock
    } catch (error) {
      await lock.release()
      if (!(error instanceof Occupied)) throw error
      if (!error.isNew || tries >= mostTries) throw error.told
      await sleep(
        500 + Math.random() * 1500 * tries,
        undefined,
        options.signal ? { signal: options.signal } : {},
      ).catch(() => {})
      throwIfAborted(options.signal)
    }
  }
}

/** Another run has the lock. */
class Occupied extends Error {
  readonly told: ButcherError
  /** It has only just begun, maybe at the same moment. */
  readonly isNew: boolean

  constructor(told: ButcherError, isNew: boolean) {
    super(told.message)
    this.told = told
    this.isNew = isNew
  }
}

interface Looked {
  readonly files: readonly StoredFile[]
  readonly mine: StoredFile
  readonly others: readonly Other[]
}

class HeldLock implements StoreLock {
  readonly #store: Store
  readonly #shown: string
  readonly #signal: AbortSignal | undefined
  readonly #report: Report
  readonly #refreshMs: number
  readonly #id = randomBytes(8).toString('hex')
  readonly #started = new Date().toISOString()
  readonly #temporary = makeTempDir('lock')
  #sequence = 0
  /** The own locks that may be in the store. */
  readonly #written = new Set<number>()
  files: readonly StoredFile[] = []
  #refreshed = new Moment()
  #timer: NodeJS.Timeout | undefined
  #underWay: Promise<void> = Promise.resolve()
  #lost: ButcherError | undefined
  #isReleased = false

  constructor(store: Store, { signal, report = silent, refreshMs = defaultRefreshMs }: StoreLockOptions) {
    this.#store = store
    this.#shown = showPlace(store.name)
    this.#signal = signal
    this.#report = report
    this.#refreshMs = refreshMs
  }

  async take(): Promise<void> {
    await this.#write()
    this.#timer = setInterval(() => void this.#refreshInTurn().catch(() => {}), this.#refreshMs).unref()
    const watched = new Map<string, number>()
    for (;;) {
      const { mine, others, files } = await this.#look()
      if (others.length === 0) return await this.#removeLeftovers(files)
      const unclear: Other[] = []
      for (const other of others) {
        const record = await this.#read(other)
        const before = watched.get(other.id)
        const changed = before === other.sequence ? 'dead' : 'live'
        const verdict = before === undefined ? this.#judge(other, record, mine) : changed
        if (verdict === 'live') throw new Occupied(this.#inUse(record), other.sequence <= 1)
        if (verdict === 'unclear') unclear.push(other)
        else
          for (const { path: file } of other.files) await this.#store.remove(file, { signal: this.#signal })
      }
      if (unclear.length === 0) continue
      for (const other of unclear) watched.set(other.id, other.sequence)
      await this.#watch(await this.#read(unclear[0] as Other))
    }
  }

  /** Removes the uploads of runs that were cut off. */
  async #removeLeftovers(files: readonly StoredFile[]): Promise<void> {
    const isIn = (folder: string, file: StoredFile): boolean => file.path.startsWith(`${folder}/`)
    for (const file of files)
      if (isIn(uploadFolder, file)) await this.#store.remove(file.path, { signal: this.#signal })
    this.files = files.filter((file) => !isIn(uploadFolder, file) && !isIn(lockFolder, file))
  }

  async check(): Promise<void> {
    if (this.#lost) throw this.#lost
    if (this.#refreshed.ageMs > trustedRefreshes * this.#refreshMs) await this.#refreshInTurn()
    if (this.#lost) throw this.#lost
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    clearInterval(this.#timer)
    const signal = AbortSignal.timeout(releaseMs)
    try {
      await Promise.race([this.#underWay, sleep(releaseMs, undefined, { ref: false })])
      for (const sequence of this.#written)
        await this.#store.remove(lockFile({ id: this.#id, sequence }), { signal })
    } catch {
      // The store is away: the lock becomes old.
    } finally {
      this.#temporary.remove()
    }
  }

  /** One refresh after the other: the timer and `check` may meet. */
  #refreshInTurn(): Promise<void> {
    const turn = this.#underWay.then(() => this.#refresh())
    this.#underWay = turn.catch(() => {})
    return turn
  }

  async #refresh(): Promise<void> {
    if (this.#lost || this.#isReleased) return
    const files = await this.#store.list(lockFolder, { signal: this.#signal })
    const sequence = this.#sequence
    const name = lockFile({ id: this.#id, sequence })
    if (!files.some((file) => file.path === name)) {
      this.#lost = new ButcherError(
        'locked',
        `the lock of ${this.#shown} is lost: another run took it over`,
        {
          hint: 'the store did not answer for long; run the same command again when the other run has ended',
        },
      )
      throw this.#lost
    }
    await this.#write()
    await this.#store.remove(name, { signal: this.#signal })
    this.#written.delete(sequence)
  }

  /** Writes the lock under its next name. Half a lock counts like a whole one, by its time. */
  async #write(): Promise<void> {
    const moment = new Moment()
    const name = { id: this.#id, sequence: this.#sequence + 1 }
    const local = path.join(this.#temporary.folder, 'lock')
    try {
      fs.writeFileSync(local, `${JSON.stringify(ownRecord(this.#started))}\n`)
      fs.utimesSync(local, fileTime, fileTime)
    } catch (error) {
      throw asButcherError(error, 'cannot write', showPath(local))
    }
    this.#written.add(name.sequence)
    await this.#store.note(local, lockFile(name), { signal: this.#signal })
    this.#sequence = name.sequence
    this.#refreshed = moment
  }

  /**
   * The files of the store, with the own lock as the store shows it, and the locks of others. Waits until a
   * slow listing shows the own one.
   */
  async #look(): Promise<Looked> {
    for (let pauseMs = 250; ; pauseMs *= 2) {
      const files = await this.#store.list('', { recursive: true, signal: this.#signal })
      const name = lockFile({ id: this.#id, sequence: this.#sequence })
      const mine = files.find((file) => file.path === name)
      if (mine) return { files, mine, others: othersIn(files, this.#id) }
      if (pauseMs > 30_000) {
        throw new ButcherError(
          'destination',
          `${this.#shown} does not list the lock that was just written to it`,
          {
            hint: 'run the same command again; if it fails again, give another remote',
          },
        )
      }
      await sleep(pauseMs, undefined, this.#signal ? { signal: this.#signal } : {}).catch(() => {})
      throwIfAborted(this.#signal)
    }
  }

  async #read({ files }: Other): Promise<LockRecord | undefined> {
    let text = ''
    try {
      const bytes = this.#store.get((files[0] as StoredFile).path, {
        length: mostLockBytes,
        signal: this.#signal,
      })
      for await (const piece of bytes) text += (piece as Buffer).toString()
    } catch {
      throwIfAborted(this.#signal)
      return undefined // It has been refreshed or removed since.
    }
    return parseLock(text)
  }

  #judge({ files }: Other, record: LockRecord | undefined, mine: StoredFile): 'live' | 'dead' | 'unclear' {
    if (record && isSurelyDead(record)) return 'dead'
    const oldMs = missedRefreshes * this.#refreshMs
    const theirs = (files[0] as StoredFile).modified
    if (theirs && mine.modified && isOwnTime(theirs) && isOwnTime(mine.modified)) {
      return mine.modified.getTime() - theirs.getTime() > oldMs ? 'dead' : 'live'
    }
    const ageMs = record ? Date.now() - Date.parse(record.refreshed) : NaN
    return ageMs < oldMs && ageMs > -oldMs ? 'live' : 'unclear'
  }

  async #watch(record: LockRecord | undefined): Promise<void> {
    const watchMs = watchedRefreshes * this.#refreshMs
    this.#report({
      type: 'note',
      message: `${this.#shown} has an old lock of ${holderText(record)}; watching it for ${Math.ceil(watchMs / 1000)} s`,
    })
    await sleep(watchMs, undefined, this.#signal ? { signal: this.#signal } : {}).catch(() => {})
    throwIfAborted(this.#signal)
  }

  #inUse(record: LockRecord | undefined): ButcherError {
    const minutes = Math.ceil((missedRefreshes * this.#refreshMs) / 60_000)
    return new ButcherError('locked', `${this.#shown} is in use by ${holderText(record)}`, {
      hint: `wait until it has ended, or stop it; the lock of a dead run ends after ${minutes} min`,
    })
  }
}
