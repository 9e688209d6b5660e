/** Restores that the page started. Each is a process of butcher; the newest are remembered. */

import { type AskedSet, askButcher, type Line, setOf, withoutType } from './ask-butcher.ts'
import { ApiError } from './api-error.ts'
import { partsOf, type RestorePart, type RestoreWish } from './restore-plan.ts'
import { systemText } from '../errors.ts'

const mostKept = 100
const mostWarnings = 100
const tellMs = 500

export interface Restore {
  readonly id: number
  readonly job: string
  readonly backup: number
  readonly paths: readonly string[]
  readonly targets: readonly string[]
  readonly conflicts: RestoreWish['conflicts']
  state: 'running' | 'ok' | 'partial' | 'failed' | 'stopped'
  reason: string
  progress: object | null
  readonly started: string
  finished: string | null
  files: number
  bytes: number
  readonly warnings: string[]
  warning_count: number
  /** Files that were there already, and stay. */
  kept: number
}

interface Running {
  readonly restore: Restore
  readonly stop: AbortController
}

const isThere = 'something else is already there'

export class Restores {
  readonly #known = new Map<number, Running>()
  readonly #tell: (restore: Restore) => void
  #last = 0

  constructor(tell: (restore: Restore) => void) {
    this.#tell = tell
  }

  /** The newest first. */
  list(): readonly Restore[] {
    return [...this.#known.values()].map(({ restore }) => restore).toReversed()
  }

  find(id: number): Restore | undefined {
    return this.#known.get(id)?.restore
  }

  async start(wish: RestoreWish): Promise<Restore> {
    const parts = partsOf(wish)
    const set = await setOf(wish.job)
    const { job, backup, paths, conflicts } = wish
    const restore: Restore = {
      id: ++this.#last,
      job,
      backup,
      paths,
      targets: parts.map(({ target }) => target),
      conflicts,
      state: 'running',
      reason: '',
      progress: null,
      started: new Date().toISOString(),
      finished: null,
      files: 0,
      bytes: 0,
      warnings: [],
      warning_count: 0,
      kept: 0,
    }
    const stop = new AbortController()
    this.#known.set(restore.id, { restore, stop })
    if (this.#known.size > mostKept) this.#dropOldest()
    void this.#run(restore, parts, set, stop.signal)
    return restore
  }

  stop(id: number): Restore | undefined {
    const running = this.#known.get(id)
    running?.stop.abort()
    return running?.restore
  }

  close(): void {
    for (const { stop } of this.#known.values()) stop.abort()
  }

  async #run(
    restore: Restore,
    parts: readonly RestorePart[],
    set: AskedSet,
    signal: AbortSignal,
  ): Promise<void> {
    this.#tell(restore)
    let failure: unknown
    for (const part of parts) {
      try {
        await this.#runPart(restore, part, set, signal)
      } catch (error) {
        failure = error
        if (signal.aborted) break
      }
    }
    restore.finished = new Date().toISOString()
    restore.progress = null
    if (signal.aborted) [restore.state, restore.reason] = ['stopped', 'stopped by the user']
    else if (failure !== undefined && !this.#isKeptOnly(restore, failure)) {
      restore.state = restore.files > 0 ? 'partial' : 'failed'
      restore.reason = failure instanceof ApiError ? failure.message : systemText(failure)
    } else {
      restore.state = restore.warning_count > restore.kept ? 'partial' : 'ok'
      restore.reason =
        restore.kept === 0 ? '' : `${restore.kept} files were there already, and stay as they are`
    }
    this.#tell(restore)
  }

  /** A restore that keeps what is there reports each such file as one that it did not restore. */
  #isKeptOnly({ conflicts, kept, warning_count: warnings }: Restore, failure: unknown): boolean {
    return conflicts === 'keep' && kept > 0 && kept === warnings && failure instanceof ApiError
  }

  async #runPart(
    restore: Restore,
    { target, options }: RestorePart,
    { destination, passphrase }: AskedSet,
    signal: AbortSignal,
  ): Promise<void> {
    let told = 0
    const words = ['restore', ...options, '--json', '--', destination, target]
    await askButcher(words, {
      passphrase,
      signal,
      progress: (line) => {
        restore.progress = withoutType(line)
        if (Date.now() - told < tellMs) return
        told = Date.now()
        this.#tell(restore)
      },
      line: (line) => takeLine(restore, line),
    })
  }

  #dropOldest(): void {
    for (const [id, { restore }] of this.#known) {
      if (restore.state === 'running') continue
      this.#known.delete(id)
      return
    }
  }
}

function takeLine(restore: Restore, line: Line): void {
  if (line['type'] === 'warning') {
    const message = String(line['message'])
    restore.warning_count++
    if (restore.conflicts === 'keep' && message.includes(isThere)) restore.kept++
    if (restore.warnings.length < mostWarnings) restore.warnings.push(message)
  }
  if (line['type'] === 'summary') {
    restore.files += Number(line['files'])
    restore.bytes += Number(line['bytes'])
  }
}
