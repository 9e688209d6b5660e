import { ButcherError } from '../errors.ts'
import { takeIdle } from './idle-daemons.ts'
import { Patience } from './patience.ts'
import { RcloneDaemon, storeRemote } from './rclone-daemon.ts'
import { rcloneEnvironment } from './rclone-environment.ts'
import { Trouble } from './rclone-error.ts'
import { natureOf } from './rclone-nature.ts'
import { remoteOf, showPlace } from './rclone-place.ts'
import { RcloneStore } from './rclone-store.ts'
import type { Store, StoreOptions } from './store.ts'

/** Asks the remote for its nature. Throws `usage`, `program`, `destination`. */
export async function openRcloneStore(place: string, options: StoreOptions): Promise<Store> {
  const shown = showPlace(place)
  const remote = remoteOf(place)
  const key = JSON.stringify([remote, options.bandwidth, rcloneEnvironment({})])
  const sizeIsProof = options.proof === 'size'
  const patience = new Patience(shown, options.patienceMs, options.report)
  const kept = takeIdle(key)
  if (kept) return new RcloneStore(place, key, kept.daemon, patience, kept.nature, sizeIsProof)
  const daemon = new RcloneDaemon(remote, options.bandwidth)
  try {
    const facts = await patience.try(`cannot open ${shown}`, options.signal, () =>
      daemon.call('operations/fsinfo', { fs: storeRemote }, options.signal),
    )
    const nature = natureOf(facts)
    if (nature === undefined) {
      throw new ButcherError('destination', `${shown} can neither rename files nor store them in one step`, {
        hint: 'give a remote of another kind: a run that is cut off would leave half a file there',
      })
    }
    return new RcloneStore(place, key, daemon, patience, nature, sizeIsProof)
  } catch (error) {
    await daemon.close()
    throw error instanceof Trouble
      ? new ButcherError('destination', `cannot open ${shown}: ${error.message}`)
      : error
  }
}
