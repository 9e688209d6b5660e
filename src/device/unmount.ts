/** Unmounts the partitions that the desktop mounted by itself when the disk was plugged in. */

import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { findProgram } from '../programs/find-program.ts'
import { runFilter } from '../programs/run-filter.ts'
import type { Device } from './device.ts'
import { isDesktopPlace } from './uses.ts'

/** Throws `locked` if a program uses one of them. */
export async function unmountDesktop(device: Device, report: Report): Promise<void> {
  const program = findProgram('umount') ?? '/bin/umount'
  for (const place of device.mounted.filter((mounted) => isDesktopPlace(mounted))) {
    try {
      await runFilter(program, [place], new Uint8Array(0))
    } catch (cause) {
      throw new ButcherError('locked', `cannot unmount ${place}: a program uses it`, {
        path: place,
        hint: `close its windows and files; lsof ${place} shows the programs`,
        cause,
      })
    }
    report({ type: 'note', message: `unmounted ${place}` })
  }
}
