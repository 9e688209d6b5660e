/** The walk of a backup: what of the source is taken, and what is left out. */

import fs from 'node:fs'
import type { Report } from '../../events.ts'
import { pathFilter, type UnmatchedPatterns } from '../../files/path-filter.ts'
import type { SetOptions } from '../../format/set-options.ts'
import { showPath } from '../../format/path-text.ts'
import { folderKey } from '../../ingest/walk.ts'
import { type Found, type WalkOfSource, WalkThread } from '../../ingest/walk-thread.ts'

/** What of the source is taken. */
export interface SourceChoice {
  readonly filter: WalkOfSource['filter']
  readonly oneFileSystem: boolean
}

/** What the options say of it. Throws `usage` if they are not patterns. */
export function sourceChoice(options: Partial<SetOptions>): SourceChoice {
  const { include = [], exclude = [], excludeFrom = [], filter = null, oneFileSystem = false } = options
  const excludes = [...exclude, ...excludeFrom]
  const chosen = {
    ...(include.length === 0 ? {} : { include }),
    ...(excludes.length === 0 ? {} : { exclude: excludes }),
    ...(filter === null ? {} : { filter }),
  }
  pathFilter(chosen)
  return { filter: chosen, oneFileSystem }
}

/** The walk of a run, in a thread of its own, ended by `stop`. */
export class SourceWalk {
  readonly #source: string
  readonly #destination: string
  readonly #signal: AbortSignal | undefined
  #ofDestination: readonly string[] = []
  #walk: WalkThread | undefined
  #chosen = ''
  readonly #ended: Promise<void>[] = []

  constructor(source: string, destination: string, signal: AbortSignal | undefined) {
    this.#source = source
    this.#destination = destination
    this.#signal = signal
  }

  /**
   * Begins the walk: without the destination, which has to be there if it ever will, and the folder `scratch`. A walk that was
   * begun with the same choice goes on; one with another choice, made before the options of the set were known, is given up.
   */
  begin(scratch: string, choice: SourceChoice): void {
    const chosen = JSON.stringify(choice)
    if (this.#walk && chosen === this.#chosen) return
    if (this.#walk) this.#ended.push(this.#walk.stop())
    this.#chosen = chosen
    this.#ofDestination = keysOf(this.#destination)
    this.#walk = new WalkThread({
      source: this.#source,
      ...choice,
      leaveOut: [...this.#ofDestination, ...keysOf(scratch)],
    })
  }

  /** The next of what was found, once it is begun; undefined at the end. Throws as `WalkThread.next` does. */
  async next(report: Report): Promise<Found | undefined> {
    const found = await this.#walk?.next(this.#signal)
    for (const { path: folder, key } of found?.left ?? []) {
      if (!this.#ofDestination.includes(key)) continue // the run's own temporary files
      const message = `${showPath(folder)} is the destination, and is left out`
      report({ type: 'warning', kind: 'other', path: folder, message })
    }
    return found
  }

  /** What of the patterns matched nothing, once all was found. */
  get unmatched(): UnmatchedPatterns | undefined {
    return this.#walk?.unmatched
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#ended, this.#walk?.stop()])
  }
}

function keysOf(folder: string): string[] {
  try {
    return [folderKey(fs.statSync(folder, { bigint: true }))]
  } catch {
    return []
  }
}
