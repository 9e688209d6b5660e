/** Makes sure that the drive has a blank that fits the image. */

import { addressOf, type Device } from '../../burn/drive.ts'
import {
  erase,
  formatWithSpares,
  inspectMedium,
  type MediumInDrive,
  truncate,
  wantsSpares,
} from '../../burn/medium-in-drive.ts'
import { ButcherError, stopped, throwIfAborted } from '../../errors.ts'
import { counted } from '../../format/counted-text.ts'
import { showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import type { BurnOptions, NeededBlank } from './burn-options.ts'

export interface LoadOptions extends Pick<
  BurnOptions,
  'blank' | 'spares' | 'requestBlank' | 'confirmErase' | 'report' | 'signal'
> {
  /** The drive still has a burned disc: another one is requested before the drive is inspected. */
  readonly isUsed: boolean
  /** Volume ids of discs with burned copies: those are never erased. */
  readonly keptVolumeIds: ReadonlySet<string>
  /** Puts the next blank in, instead of `requestBlank`. Throws if there is none. */
  readonly load?: (problem: string | undefined, isEmpty: boolean) => Promise<void>
}

/**
 * Resolves with the blank in the drive. Throws `medium` if none fits and nobody can be asked for another;
 * `aborted` if the user has none.
 */
export async function loadBlank(
  device: Device,
  need: Omit<NeededBlank, 'device' | 'problem'>,
  options: LoadOptions,
): Promise<MediumInDrive> {
  const ask = async (problem: string | undefined, isEmpty: boolean): Promise<void> => {
    const { requestBlank, load } = options
    if (load !== undefined) return load(problem, isEmpty)
    if (requestBlank === undefined) {
      throw new ButcherError(
        'medium',
        `${showPath(addressOf(device))}: ${problem ?? 'it needs another blank'}`,
        {
          hint: `put in a blank for disc ${need.disc} and run the same command again`,
        },
      )
    }
    if (!(await requestBlank({ ...need, device: addressOf(device), problem }))) {
      throw stopped(`stopped before disc ${need.disc}, copy ${need.copy}`, {
        hint: 'run the same command again to continue with it',
      })
    }
  }
  if (options.isUsed && (options.requestBlank ?? options.load)) await ask(undefined, true)
  for (;;) {
    throwIfAborted(options.signal)
    let medium = await inspectMedium(device, options.signal)
    if (medium.state === 'written' && (await mayErase(device, medium, need.bytes, options))) {
      await erase(device, options.signal)
      medium = await inspectMedium(device, options.signal)
    }
    if (options.spares === true && fitFault(medium, need.bytes) === undefined) {
      medium = await withSpares(device, medium, options)
    }
    const fault = fitFault(medium, need.bytes)
    if (fault === undefined) return medium
    await ask(fault, medium.state === 'none')
  }
}

/** Why the medium does not fit, in words. */
function fitFault({ state, type, freeBytes, volumeIds }: MediumInDrive, bytes: number): string | undefined {
  if (state === 'none') return 'there is no disc in it that can be burned'
  if (state === 'written') {
    const named = volumeIds.length === 0 ? '' : ` (${volumeIds.join(', ')})`
    return `the disc in it is not blank${named}`
  }
  if (bytes <= freeBytes) return undefined
  return `the blank in it (${type}) takes ${showSize(freeBytes)}, ${counted(bytes - freeBytes, 'byte')} too little`
}

async function mayErase(
  device: Device,
  { type, isRewritable, volumeIds, freeBytes }: MediumInDrive,
  bytes: number,
  options: LoadOptions,
): Promise<boolean> {
  if (!isRewritable || (freeBytes > 0 && freeBytes < bytes)) return false
  if (volumeIds.some((id) => options.keptVolumeIds.has(id))) return false
  if (options.blank === true) return true
  return (await options.confirmErase?.({ device: addressOf(device), type, volumeIds })) ?? false
}

async function withSpares(
  device: Device,
  medium: MediumInDrive,
  { report, signal }: LoadOptions,
): Promise<MediumInDrive> {
  if (wantsSpares(medium)) {
    await formatWithSpares(device, signal)
    return inspectMedium(device, signal)
  }
  report?.({
    type: 'note',
    message: `${addressOf(device)}: only a blank BD-R can be given spare blocks, and this is ${medium.type}`,
  })
  return medium
}

/** Empties a file after a failed burn, for the next one. A disc cannot be emptied. */
export function dropSpoilt(device: Device): void {
  if (device.kind === 'file') truncate(device.file)
}
