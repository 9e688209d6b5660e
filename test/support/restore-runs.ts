/** Restores of made sets, each into a new folder, that leave nothing behind. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect } from 'vitest'
import type { RestoreOptions, RestoreSummary } from '../../src/commands/restore/restore-options.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import type { ButcherEvent } from '../../src/events.ts'
import { scratchFolder } from './backup-set.ts'
import { type MadeSet, makeSet, type TestSet } from './make-set.ts'

export interface RestoreRun extends RestoreSummary {
  readonly destination: string
  readonly events: readonly ButcherEvent[]
  /** The messages of all warnings. */
  readonly told: readonly string[]
}

export interface RestoreRuns {
  /** The folder of all that the test file makes. */
  readonly root: string
  /** A path that nothing stands at, in a folder of its own. */
  readonly newFolder: (name: string) => string
  readonly setOf: (description: TestSet) => Promise<MadeSet>
  /** Restores, by default into a new folder, and checks that no temporary file stays there. */
  readonly run: (
    options: Partial<RestoreOptions> & { readonly from: readonly string[] },
  ) => Promise<RestoreRun>
}

/** Called once in a test file. What was made is removed after its last test. */
export function restoreRuns(): RestoreRuns {
  const { folder: root, remove } = scratchFolder()
  afterAll(remove)
  const newFolder = (name: string): string => path.join(fs.mkdtempSync(path.join(root, `${name}-`)), name)
  return {
    root,
    newFolder,
    setOf: (description) => makeSet(newFolder('set'), description),
    run: async (options) => {
      const destination = options.destination ?? newFolder('restored')
      const events: ButcherEvent[] = []
      const report = (event: ButcherEvent): void => void events.push(event)
      const summary = await restore({ jobs: 1, ...options, destination, report })
      const told = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
      expect(summary.warnings).toBe(told.length)
      expect(leftovers(destination)).toEqual([])
      return { ...summary, destination, events, told }
    },
  }
}

/** What a restore may have left in its destination. */
export const leftovers = (destination: string): string[] =>
  fs.existsSync(destination)
    ? fs
        .readdirSync(destination, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.includes('.butcher-restore'))
    : []
