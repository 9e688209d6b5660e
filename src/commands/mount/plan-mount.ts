/** `butcher mount`: opens a set, and says what the threads of its mount need. */

import path from 'node:path'
import { findDiscs } from '../../catalog/find-discs.ts'
import { resolveBackup } from '../../catalog/resolve-backup.ts'
import { backupRows, chunkCounts } from '../../catalog/set-rows.ts'
import { shareCatalog, shareDiscs } from '../../catalog/shared-catalog.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import { ButcherError } from '../../errors.ts'
import type { MountRequest } from '../../fuse/mount.ts'
import type { TreeData } from '../../mount/messages.ts'
import { dateNames } from '../../mount/views.ts'
import { checkFields } from '../../options/check-fields.ts'
import { openCatalog } from '../../set/open-catalog.ts'
import { isRclonePlace, showPlace } from '../../store/rclone-place.ts'
import { mountFields } from './mount-fields.ts'
import type { ContentOfPlaces, MountOptions } from './mount-options.ts'

export interface MountPlan {
  readonly request: MountRequest
  readonly set: string
  /** The one that `latest` shows. */
  readonly backup: number
  readonly backups: number
  /** The discs that were found, and those that were not. */
  readonly discs: readonly number[]
  readonly missingDiscs: readonly number[]
}

/** Decoded data in memory. Several films, or some seventy stretches of a chunk. */
const cacheBytes = 256 << 20

/** Throws `usage`, `no-set`, `catalog` and `secret`. Nothing is mounted yet. */
export async function planMount(options: MountOptions): Promise<MountPlan> {
  checkFields('mount', mountFields, options)
  const { from, devices = [], folder, forgotten = false, report, signal } = options
  const secrets = await openSecrets(options, report)
  const places = [...from, ...devices.filter((device) => findDiscs(device).length > 0)]
  const catalog = await openCatalog(places, secrets, {
    checks: 'whole',
    forgotten,
    ...(report === undefined ? {} : { report }),
    ...(options.index === undefined ? {} : { index: options.index }),
    ...(signal === undefined ? {} : { signal }),
    ...(options.store === undefined ? {} : { store: options.store }),
  })
  try {
    const { db, meta } = catalog
    refuseOwnFolder(options, catalog.folders)
    const { number } = resolveBackup(db, undefined)
    const tree: TreeData = {
      catalog: shareCatalog(db, forgotten, catalog.shown(db.name) === db.name),
      newest: number,
      dates: dateNames(db),
    }
    const content: ContentOfPlaces = {
      catalog: shareDiscs(db),
      hash: meta.hash,
      secrets,
      // The server works in another folder.
      from: from.map(absolute),
      ...(options.store ? { store: options.store } : {}),
      devices: devices.map((device) => path.resolve(device)),
      discs: new Map([...catalog.places].map(([disc, place]) => [disc, absolute(place)])),
      folders: catalog.folders.map((place) => absolute(catalog.shown(place))),
      cacheBytes,
    }
    const needed = [...chunkCounts(db).keys()].sort((a, b) => a - b)
    return {
      request: {
        folder,
        tree: { program: new URL('../../mount/tree-thread.ts', import.meta.url), data: tree },
        content: [{ program: new URL('./content-thread.ts', import.meta.url), data: content }],
        source: showPlace(absolute(from[0] as string)),
        ...(options.allowOther === undefined ? {} : { allowOther: options.allowOther }),
        ...(report === undefined ? {} : { report }),
        ...(signal === undefined ? {} : { signal }),
      },
      set: meta.setId,
      backup: number,
      backups: backupRows(db).length,
      discs: needed.filter((disc) => catalog.discs.has(disc)),
      missingDiscs: needed.filter((disc) => !catalog.discs.has(disc)),
    }
  } finally {
    catalog.close()
  }
}

/** A place in a store is one in every folder. */
const absolute = (place: string): string => (isRclonePlace(place) ? place : path.resolve(place))

/** A mount on a folder of the set would hide what it reads. */
function refuseOwnFolder({ folder, from }: MountOptions, discs: readonly string[]): void {
  const target = path.resolve(folder)
  for (const place of [...from, ...discs].map((one) => path.resolve(one))) {
    if (place !== target && !place.startsWith(`${target}/`)) continue
    throw new ButcherError('destination', `mounting on ${folder}: ${place} is read from there`, {
      path: folder,
      hint: 'give an empty folder of its own',
    })
  }
}
