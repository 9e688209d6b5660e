/** The walk of a backup, and the paths that it includes. */

import fs from 'node:fs'
import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { pathFilter, type UnmatchedPatterns } from '../../files/path-filter.ts'
import type { SetOptions } from '../../format/set-options.ts'
import { showPath } from '../../format/path-text.ts'
import { isFolderSource, type SourceTree } from '../../format/source-tree.ts'
import { folderKey } from '../../ingest/walk.ts'
import { type Found, type WalkOfSource, WalkThread } from '../../ingest/walk-thread.ts'

/** The paths of the source to include. */
export interface SourceChoice {
  readonly filter: WalkOfSource['filter']
  readonly oneFileSystem: boolean
}

/** The choice in the options. Throws `usage` for invalid patterns. */
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

/** A pattern may match the name of a source by chance. Throws `usage`. */
export function refuseExcluded(source: SourceTree, { filter: { exclude = [] } }: SourceChoice): void {
  if (typeof source === 'string' || exclude.length === 0) return
  const takes = pathFilter({ exclude })
  const lost = source.find((one) => !takes(one.name, isFolderSource(one)))
  if (lost === undefined) return
  const message = `--exclude leaves out the whole source ${showPath(lost.path)}, named ${showPath(lost.name)}`
  throw new ButcherError('usage', message, {
    hint: 'leave the source out, give it another name with --as, or write the pattern more narrowly',
  })
}

/** What a run needs of a walk. */
export type Walk = Pick<SourceWalk, 'begin' | 'next' | 'unmatched' | 'stop'>

/** The walk of a run, in its own thread, ended by `stop`. */
export class SourceWalk {
  readonly #source: SourceTree
  readonly #destination: string
  readonly #signal: AbortSignal | undefined
  #ofDestination: readonly string[] = []
  #walk: WalkThread | undefined
  #chosen = ''
  readonly #ended: Promise<void>[] = []

  constructor(source: SourceTree, destination: string, signal: AbortSignal | undefined) {
    this.#source = source
    this.#destination = destination
    this.#signal = signal
  }

  /**
   * Starts the walk once; leaves out `tempDir` and the destination, which must exist by now. A running walk
   * with the same choice continues. One with another choice, begun before the set's options were known, is
   * dropped.
   */
  begin(tempDir: string, choice: SourceChoice): void {
    const chosen = JSON.stringify(choice)
    if (this.#walk && chosen === this.#chosen) return
    if (this.#walk) this.#ended.push(this.#walk.stop())
    this.#chosen = chosen
    this.#ofDestination = keysOf(this.#destination)
    this.#walk = new WalkThread({
      source: this.#source,
      ...choice,
      leaveOut: [...this.#ofDestination, ...keysOf(tempDir)],
    })
  }

  /** The next entry found, after `begin`; undefined at the end. Throws like `WalkThread.next`. */
  async next(report: Report): Promise<Found | undefined> {
    const found = await this.#walk?.next(this.#signal)
    for (const { path: folder, key } of found?.left ?? []) {
      if (!this.#ofDestination.includes(key)) continue // the run's own temporary files
      const message = `${showPath(folder)} is the destination, and is left out`
      report({ type: 'warning', kind: 'other', path: folder, message })
    }
    return found
  }

  /** The patterns without a match, after the end of the walk. */
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
