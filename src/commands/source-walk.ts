/** The walk of a backup: what of the source is taken, and what is left out. */

import fs from 'node:fs'
import type { Report } from '../events.ts'
import { readPatterns } from '../files/path-filter.ts'
import { showPath } from '../format/path-text.ts'
import { folderKey } from '../ingest/walk.ts'
import { type Found, WalkThread } from '../ingest/walk-thread.ts'
import type { BackupOptions } from './backup-options.ts'

/** The walk of a run, in a thread of its own, ended by `stop`. */
export class SourceWalk {
  readonly #options: BackupOptions
  readonly #source: string
  readonly #destination: string
  readonly #filter: ReturnType<typeof readPatterns>
  #ofDestination: readonly string[] = []
  #walk: WalkThread | undefined

  /** Throws `usage` where the options are no patterns. */
  constructor(options: BackupOptions, source: string, destination: string) {
    this.#options = options
    this.#source = source
    this.#destination = destination
    this.#filter = readPatterns(options)
  }

  /** Begins, where it is not begun yet: without the destination, which has to be there if it ever will, and the folder `scratch`. */
  begin(scratch: string): void {
    if (this.#walk) return
    this.#ofDestination = keysOf(this.#destination)
    this.#walk = new WalkThread({
      source: this.#source,
      filter: this.#filter,
      leaveOut: [...this.#ofDestination, ...keysOf(scratch)],
      oneFileSystem: this.#options.oneFileSystem === true,
    })
  }

  /** The next of what was found, once it is begun; undefined at the end. Throws as `WalkThread.next` does. */
  async next(report: Report): Promise<Found | undefined> {
    const found = await this.#walk?.next(this.#options.signal)
    for (const { path: folder, key } of found?.left ?? []) {
      if (!this.#ofDestination.includes(key)) continue // the run's own temporary files
      const message = `${showPath(folder)} is the destination, and is left out`
      report({ type: 'warning', kind: 'other', path: folder, message })
    }
    return found
  }

  async stop(): Promise<void> {
    await this.#walk?.stop()
  }
}

function keysOf(folder: string): string[] {
  try {
    return [folderKey(fs.statSync(folder, { bigint: true }))]
  } catch {
    return []
  }
}
