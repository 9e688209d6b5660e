/** `butcher burn --follow`: a source of any size goes through the staging room of one disc. */

import path from 'node:path'
import { ButcherError, throwIfAborted, WrongField } from '../errors.ts'
import { checkFields } from './check-fields.ts'
import { followFields } from './option-fields.ts'
import type { BackupOptions, BackupSummary } from './backup-options.ts'
import { backup } from './backup.ts'
import type { BurnOptions, BurnSummary } from './burn-options.ts'
import { burn } from './burn.ts'
import { lookAtDestination } from './destination.ts'

export interface FollowOptions {
  readonly backup: Omit<BackupOptions, 'maxDiscs' | 'dryRun'>
  readonly burn: Omit<BurnOptions, 'discs' | 'removeStaged'>
  /** Hears of each round's backup. */
  readonly onBackup?: (summary: BackupSummary) => void
}

export interface FollowSummary extends BurnSummary {
  /** The backup that is complete now. */
  readonly backup: number
  /** Of the last round: source paths that could not be backed up as they should. */
  readonly sourceWarnings: number
}

/**
 * Stages one disc, burns and verifies it, removes it, and goes on until the source is stored. What a run before left staged
 * is burned first. Throws what `backup` and `burn` throw; the same call goes on.
 */
export async function follow(options: FollowOptions): Promise<FollowSummary> {
  checkFields('follow', followFields, options)
  if (path.resolve(options.burn.destination) !== path.resolve(options.backup.destination))
    throw new WrongField('follow', 'burn.destination', 'must be the destination of the backup')
  throwIfAborted(options.backup.signal ?? options.burn.signal)
  const started = Date.now()
  const rounds: BurnSummary[] = []
  const burnStaged = async (): Promise<void> => {
    rounds.push(await burn({ ...options.burn, removeStaged: true }))
  }
  const { catalog, discs, journal } = lookAtDestination(path.resolve(options.backup.destination))
  // What a stopped backup left is not complete before that backup has gone on.
  if (catalog !== undefined && discs.length > 0 && journal.length === 0) await burnStaged()
  for (;;) {
    const made = await backup({ ...options.backup, maxDiscs: 1 })
    options.onBackup?.(made)
    await burnStaged()
    if (made.complete) {
      return {
        ...total(rounds),
        backup: made.backup,
        sourceWarnings: made.sourceWarnings,
        seconds: (Date.now() - started) / 1000,
      }
    }
    if (made.chunks === made.storedBefore.chunks) {
      throw new ButcherError('internal', 'a round stored nothing and is not complete')
    }
  }
}

const total = (rounds: readonly BurnSummary[]): Omit<BurnSummary, 'seconds'> => ({
  discs: [...new Set(rounds.flatMap(({ discs }) => discs))],
  copies: sum(rounds.map(({ copies }) => copies)),
  bytes: sum(rounds.map(({ bytes }) => bytes)),
  verified: sum(rounds.map(({ verified }) => verified)),
  spoilt: sum(rounds.map(({ spoilt }) => spoilt)),
  removed: rounds.flatMap(({ removed }) => removed),
})

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
