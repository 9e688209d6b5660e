/** Unmounts a mount of butcher. */

import fs from 'node:fs'
import { ButcherError } from '../errors.ts'
import { holdersOf } from './holders.ts'
import { isRoot, unmountByKernel } from './kernel-mount.ts'
import { type MountEntry, mountAt, mountPath, mountType } from './mount-point.ts'

/** Lazy: frees the folder at once, also if it is busy; its server ends when the last file is closed. */
export async function unmountFolder(folder: string, { lazy }: { lazy: boolean }): Promise<MountEntry> {
  const mount = findMount(folder)
  const { owner } = mount
  if (!isRoot() && owner !== undefined && owner !== process.geteuid?.()) {
    throw new ButcherError('destination', `unmounting ${folder}: another user mounted it`, {
      path: folder,
      hint: `run as that user or as root: butcher unmount ${folder}`,
    })
  }
  const { status, complaint } = await unmountByKernel(mount.folder, { lazy })
  if (status === 0) return mount
  const holders = holdersOf(mount.folder)
  const isBusy = holders.length > 0 || /busy/i.test(complaint)
  throw new ButcherError(
    'destination',
    `unmounting ${folder}: ${isBusy ? `it is in use${by(holders)}` : complaint.split('\n')[0] || `status ${status}`}`,
    {
      path: folder,
      ...(isBusy
        ? { hint: `close its files, or free the folder at once: butcher unmount --lazy ${folder}` }
        : {}),
    },
  )
}

const by = (holders: readonly string[]): string => (holders.length === 0 ? '' : ` by ${holders.join('; ')}`)

function findMount(folder: string): MountEntry {
  const mount = mountAt(mountPath(folder)) ?? mountAt(linkedPath(folder))
  if (mount?.type === mountType) return mount
  throw new ButcherError(
    'destination',
    mount === undefined
      ? `unmounting ${folder}: nothing is mounted there`
      : `unmounting ${folder}: it is a mount of ${mount.type}, not of butcher`,
    {
      path: folder,
      hint:
        mount === undefined
          ? 'findmnt -t fuse.butcher lists the mounts'
          : `unmount it with: umount ${folder}`,
    },
  )
}

/** Nothing is mounted at the name itself, so it may be followed. */
function linkedPath(folder: string): string {
  try {
    return fs.realpathSync(folder)
  } catch {
    return folder
  }
}
