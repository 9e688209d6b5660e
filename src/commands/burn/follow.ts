/** `butcher burn --follow`: backs up a source of any size with staging room for one disc. */

import path from 'node:path'
import { secretsOpener } from '../../crypto/private-key.ts'
import type { Secrets } from '../../crypto/secrets.ts'
import { ButcherError, throwIfAborted, WrongField } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { checkFields } from '../../options/check-fields.ts'
import { followFields } from './follow-fields.ts'
import type { FollowOptions, FollowSummary } from './follow-options.ts'
import { runBackup } from '../backup/backup.ts'
import type { BurnSummary } from './burn-options.ts'
import { runBurn } from './burn.ts'
import { inspectDestination } from '../../set/destination.ts'
import { stagedNumbers } from '../../set/disc-places.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/**
 * Stages one disc, burns and verifies it, removes it, and repeats until the source is stored. Discs that an
 * earlier run left staged are burned first. Throws like `backup` and `burn`; the same call resumes.
 */
export async function follow(options: FollowOptions): Promise<FollowSummary> {
  checkFields('follow', followFields, options)
  refuseStore('burn', options.burn.destination)
  if (path.resolve(options.burn.destination) !== path.resolve(options.backup.destination))
    throw new WrongField('follow', 'burn.destination', 'must be the destination of the backup')
  throwIfAborted(options.backup.signal ?? options.burn.signal)
  const started = Date.now()
  const rounds: BurnSummary[] = []
  const destination = path.resolve(options.backup.destination)
  // A private key may be a pipe, and each round would ask its file again.
  const open = secretsOpener(options.backup)
  const openForBurn = areSame(options.backup, options.burn) ? open : secretsOpener(options.burn)
  const burnStaged = async (): Promise<void> => {
    rounds.push(await runBurn({ ...options.burn, removeStaged: true }, openForBurn))
    const [left] = stagedNumbers(destination)
    if (left !== undefined) throw stays(left, destination)
  }
  const { catalog, discs, journal } = inspectDestination(destination)
  // A disc of a stopped backup is incomplete until that backup resumes.
  if (catalog !== undefined && discs.length > 0 && journal.length === 0) await burnStaged()
  for (;;) {
    const staged = stagedNumbers(destination).length
    const made = await runBackup({ ...options.backup, maxDiscs: 1, countStaged: true }, open)
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
    // A disc of a stopped run may be full: then this round only completed it.
    if (made.chunks === made.storedBefore.chunks && staged === 0) {
      throw new ButcherError('internal', 'a round stored nothing and is not complete')
    }
  }
}

const areSame = (a: Secrets, b: Secrets): boolean =>
  a.passphrase === b.passphrase && a.privateKey === b.privateKey

/** Continuing would need room for a second disc. */
const stays = (disc: number, destination: string): ButcherError =>
  new ButcherError('medium', `disc ${disc} stays staged: not every copy of it was read back`, {
    path: destination,
    hint: `read the burned disc: butcher verify DISC --record ${showPath(destination)}; then run the same command again`,
  })

const total = (rounds: readonly BurnSummary[]): Omit<BurnSummary, 'seconds'> => ({
  discs: [...new Set(rounds.flatMap(({ discs }) => discs))],
  copies: sum(rounds.map(({ copies }) => copies)),
  bytes: sum(rounds.map(({ bytes }) => bytes)),
  verified: sum(rounds.map(({ verified }) => verified)),
  spoilt: sum(rounds.map(({ spoilt }) => spoilt)),
  removed: rounds.flatMap(({ removed }) => removed),
})

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
