/** Mounts, restores and verifications read the chunks that a prune removes. */

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ButcherError, throwIfAborted } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { isWithin } from '../../files/is-within.ts'
import { showPath } from '../../format/path-text.ts'
import { mountEntries, type MountEntry, mountType } from '../../fuse/mount-point.ts'
import { readersOf, type SetReader } from '../../set/readers.ts'
import { isRclonePlace, showPlace } from '../../store/rclone-place.ts'

/** Throws `locked` if the set in `place` is mounted or read on this machine. */
export function refuseReaders(place: string): void {
  const mount = mountOf(place)
  if (mount !== undefined) {
    throw new ButcherError('locked', `${showPlace(place)} is mounted at ${showPath(mount.folder)}`, {
      path: place,
      hint: `unmount it first: butcher unmount ${showPath(mount.folder)}`,
    })
  }
  const [reader] = readersOf(place)
  if (reader === undefined) return
  throw new ButcherError('locked', `${showPlace(place)} is in use by ${showReader(reader)}`, {
    path: place,
    hint: 'wait until it has ended, or stop it',
  })
}

const lookEveryMs = 1000

/** Waits for those that began to read since `refuseReaders`: they may know only the old catalog. */
export async function waitForReaders(
  place: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    const [reader] = readersOf(place)
    if (reader === undefined && mountOf(place) === undefined) return
    const who = reader === undefined ? 'the mount' : showReader(reader)
    if (!isTold) report({ type: 'note', message: `waits for ${who}, which may read the old chunks` })
    await sleep(lookEveryMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    throwIfAborted(signal)
  }
}

const showReader = ({ command, pid }: SetReader): string => `butcher ${command} (process ${pid})`

function mountOf(place: string): MountEntry | undefined {
  const mounts = mountEntries().filter(({ type }) => type === mountType)
  if (isRclonePlace(place))
    return mounts.find(({ source }) => source === place || source === showPlace(place))
  const real = path.resolve(place)
  return mounts.find(({ source }) => isWithin(real, source) || isWithin(source, real))
}
