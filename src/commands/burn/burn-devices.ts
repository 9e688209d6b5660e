/** The drives of a burn: the given ones, or the only one. */

import { addressOf, type Device, findDrives, parseDevice } from '../../burn/drive.ts'
import { isSpeed } from '../../burn/write-disc.ts'
import { findXorriso } from '../../burn/xorriso.ts'
import { ButcherError } from '../../errors.ts'
import { isWithin } from '../../files/is-within.ts'
import { showPath } from '../../format/path-text.ts'
import type { DiscSource } from '../../set/disc-source.ts'
import type { BurnOptions } from './burn-options.ts'

/** The addresses of the drives, at least one. Throws `usage`. */
export async function chooseDevices({ device, speed, signal }: BurnOptions): Promise<readonly string[]> {
  findXorriso()
  if (speed !== undefined && !isSpeed(speed)) {
    throw new ButcherError('usage', `'${speed}' is not a speed`, { hint: 'write 4, 8x or 2000k' })
  }
  const given = typeof device === 'string' ? [device] : (device ?? [])
  if (given.length > 0) return checkGiven(given)
  const drives = await findDrives(signal)
  if (drives.length === 1 && drives[0]) return [drives[0].file]
  throw drives.length === 0
    ? new ButcherError('usage', 'no drive was found', {
        hint: 'name it with --device /dev/sr0, or burn into a file: --device stdio:disc-%d.iso',
      })
    : new ButcherError(
        'usage',
        `there are several drives: ${drives.map(({ file, name }) => `${file} (${name})`).join(', ')}`,
        { hint: 'say which with --device; give it several times to burn in several drives' },
      )
}

function checkGiven(given: readonly string[]): readonly string[] {
  const known = new Set<string>()
  for (const text of given) {
    const address = addressOf(parseDevice(text, 1, 1))
    if (known.has(address)) throw new ButcherError('usage', `${showPath(text)} is given twice`)
    known.add(address)
  }
  return given
}

/** Throws `usage` if several images would go into one file: the first one would block the second. */
export function refuseOneFile(
  wanted: readonly DiscSource[],
  devices: readonly string[],
  { copies = 1, requestBlank, loadCommand }: BurnOptions,
): void {
  if (requestBlank !== undefined || loadCommand !== undefined) return
  for (const device of devices.filter((text) => text.startsWith('stdio:'))) {
    const files = wanted.flatMap(({ row, goodCopies, nextCopy }) =>
      Array.from({ length: Math.max(0, copies - goodCopies) }, (_, i) =>
        parseDevice(device, row.number, nextCopy + i),
      ),
    )
    if (new Set(files.map(({ file }) => file)).size === files.length) continue
    const discs = new Set(wanted.map(({ row }) => row.number)).size
    throw new ButcherError('usage', `${showPath(device)} is one file for several images`, {
      hint:
        discs > 1
          ? 'put %d into its name, which becomes the number of the disc'
          : 'put %c into its name, which becomes the number of the copy',
    })
  }
}

/**
 * Throws `usage` for a file in the destination as well: files there belong to the set, and may be removed
 * after the burn.
 */
export function deviceOutside(text: string, disc: number, copy: number, destination: string): Device {
  const device = parseDevice(text, disc, copy)
  if (device.kind === 'drive' || !isWithin(destination, device.file)) return device
  throw new ButcherError('usage', `${addressOf(device)} is in the destination`, {
    hint: 'burn into a file elsewhere; butcher iso makes images there',
  })
}
