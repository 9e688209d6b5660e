/** The medium in a drive, and its preparation before a burn. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { sectorBytes } from '../format/medium.ts'
import { addressOf, type Device } from './drive.ts'
import { runXorriso, faultIn } from './xorriso.ts'

export interface MediumInDrive {
  readonly state: 'none' | 'blank' | 'written'
  /** The drive's own word: `BD-R sequential recording`, ... */
  readonly type: string
  /** Whether the drive can overwrite the data on the medium. */
  readonly isRewritable: boolean
  /** Free bytes if the medium is blank; otherwise its size once blank, or 0 if the drive does not say. */
  readonly freeBytes: number
  /** The volume ids of the data on the medium. */
  readonly volumeIds: readonly string[]
  /** Vendor and product of the drive. */
  readonly burner: string
}

/** Asks the drive. Throws `program` if the drive cannot be used. */
export async function inspectMedium(device: Device, signal?: AbortSignal): Promise<MediumInDrive> {
  const args = ['-no_rc', '-outdev', addressOf(device), '-toc', '-tell_media_space']
  const { status, output, stderr } = await runXorriso(args, signal)
  const text = `${output}\n${stderr}`
  const field = (name: string): string | undefined =>
    new RegExp(`^${name.padEnd(13)}: (.*)$`, 'm').exec(text)?.[1]?.trim()
  const mediaStatus = field('Media status')
  if (mediaStatus === undefined || /: (FATAL|FAILURE) : /.test(stderr)) {
    throw new ButcherError(
      'program',
      `${device.file} cannot be used: ${faultIn(stderr)} (status ${status})`,
      {
        path: device.file,
        hint: 'is it a burner, and may this user write to it (group cdrom)?',
      },
    )
  }
  const medium = parseMediumReport(field)
  if (device.kind === 'drive') return medium
  // A file is blank if it is empty, whatever xorriso reports about its content.
  const bytes = fs.statSync(device.file, { throwIfNoEntry: false })?.size ?? 0
  const { bavail, bsize } = fs.statfsSync(path.dirname(device.file))
  return {
    ...medium,
    state: bytes === 0 ? 'blank' : 'written',
    isRewritable: true,
    freeBytes: bavail * bsize + bytes,
    volumeIds: volumeIds(text),
    burner: addressOf(device),
  }

  function parseMediumReport(read: typeof field): MediumInDrive {
    const type = read('Media current') ?? '?'
    const isRewritable = /RW|BD-RE|RAM|overwrit/i.test(type)
    const state = /blank/.test(mediaStatus as string)
      ? 'blank'
      : /written|overwrit/.test(mediaStatus as string)
        ? 'written'
        : 'none'
    const [, writable, overall] = /(\d+) writable , (\d+) overall/.exec(read('Media blocks') ?? '') ?? []
    // For a closed medium, "overall" is the size of the written data.
    const isKnown = state === 'written' && isRewritable && Number(writable ?? 0) > 0
    const blocks = Number((state === 'blank' ? writable : isKnown ? overall : 0) ?? 0)
    const [, vendor, product] = /vendor '(.*)' product '(.*)' revision/.exec(read('Drive type') ?? '') ?? []
    return {
      state,
      type,
      isRewritable,
      freeBytes: blocks * sectorBytes,
      volumeIds: volumeIds(text),
      burner: `${vendor ?? ''} ${product ?? ''}`.replaceAll(/\s+/g, ' ').trim(),
    }
  }
}

const volumeIds = (text: string): string[] =>
  [...text.matchAll(/^ISO session {2}: .* , (\S.*)$/gm)].map(([, id]) => (id as string).trim())

/** Blanks a rewritable medium: all data on it is lost. */
export async function erase(device: Device, signal?: AbortSignal): Promise<void> {
  if (device.kind === 'file') return truncate(device.file)
  await perform(device, ['-blank', 'as_needed'], 'cannot be blanked', signal)
}

/** Reserves spare blocks on a blank BD-R; the drive moves badly written blocks there. */
export const formatWithSpares = (device: Device, signal?: AbortSignal): Promise<void> =>
  perform(device, ['-format', 'as_needed'], 'cannot be formatted', signal)

/** Whether a medium takes spare blocks. `formatWithSpares` leaves a medium that already has them as it is. */
export const wantsSpares = ({ state, type }: MediumInDrive): boolean =>
  state === 'blank' && type.startsWith('BD-R sequential')

/** After eject and load, reads come from the disc and not from the system's cache. */
export const eject = (device: Device, signal?: AbortSignal): Promise<void> =>
  perform(device, ['-eject', 'out'], 'cannot eject the disc', signal)

/** Throws `program` if the drive cannot load the disc by itself. */
export const takeIn = (device: Device, signal?: AbortSignal): Promise<void> =>
  perform(device, ['-toc'], 'does not take the disc in again', signal)

async function perform(
  device: Device,
  commands: readonly string[],
  trouble: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { status, stderr } = await runXorriso(['-no_rc', '-outdev', addressOf(device), ...commands], signal)
  if (status !== 0 || /: (FATAL|FAILURE|SORRY) : /.test(stderr)) {
    throw new ButcherError('program', `${device.file} ${trouble}: ${faultIn(stderr)}`, { path: device.file })
  }
}

/** Makes a file blank again after a failed burn. */
export function truncate(file: string): void {
  try {
    fs.truncateSync(file)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw new ButcherError('io', `cannot empty ${file}: ${systemText(error)}`, { path: file, cause: error })
  }
}
