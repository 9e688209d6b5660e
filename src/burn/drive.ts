/** The place that butcher burns to: a drive, or a plain file. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { runXorriso } from './xorriso.ts'

export interface Device {
  readonly kind: 'drive' | 'file'
  /** Absolute: the drive's device file, or the file in its place. */
  readonly file: string
}

const filePrefix = 'stdio:'

/** The address, in the form of xorriso and of the user. */
export const addressOf = ({ kind, file }: Device): string => (kind === 'file' ? filePrefix + file : file)

/**
 * The device that `--device` names for a copy of a disc: `/dev/sr0`, or `stdio:FILE`. In FILE, `%d` becomes
 * the number of the disc and `%c` that of the copy. Throws `usage` for anything else, so butcher never writes
 * to a system disk.
 */
export function parseDevice(text: string, disc: number, copy: number): Device {
  if (!text.startsWith(filePrefix)) {
    const device = fs.statSync(text, { throwIfNoEntry: false })
    if (device?.isBlockDevice() && /^\/dev\/(sr|scd)\d+$/.test(fs.realpathSync(text))) {
      return { kind: 'drive', file: path.resolve(text) }
    }
    throw new ButcherError('usage', `${showPath(text)} is not a drive for optical discs`, {
      hint: 'give one as /dev/sr0, or stdio:FILE to burn into a file',
    })
  }
  const name = text
    .slice(filePrefix.length)
    .replaceAll(/%[dc]/g, (what) => String(what === '%d' ? disc : copy))
  const file = path.resolve(name)
  const there = fs.statSync(file, { throwIfNoEntry: false })
  if (name === '' || name.endsWith('/') || (there && !there.isFile())) {
    throw new ButcherError('usage', `${showPath(text)} is not a regular file`, {
      hint: 'stdio: is for burning into a file; a drive is given as /dev/sr0',
    })
  }
  if (!fs.existsSync(path.dirname(file))) {
    throw new ButcherError(
      'usage',
      `there is no folder ${showPath(path.dirname(file))} for ${showPath(text)}`,
    )
  }
  return { kind: 'file', file }
}

export interface FoundDrive {
  readonly file: string
  /** Vendor and product; empty if the drive cannot be opened. */
  readonly name: string
}

/** The drives of this machine, including those that this user may not open. */
export async function findDrives(signal?: AbortSignal): Promise<FoundDrive[]> {
  const { stderr, output } = await runXorriso(['-no_rc', '-devices'], signal)
  const drives = new Map<string, string>()
  for (const [, file, name] of (output + stderr).matchAll(/^\s*\d+\s+-dev\s+'([^']+)'\s+\S+\s*:\s*(.*)$/gm)) {
    drives.set(file as string, (name as string).replaceAll("'", '').replaceAll(/\s+/g, ' ').trim())
  }
  for (const name of namesIn('/sys/block').filter((block) => /^sr\d+$/.test(block))) {
    if (!drives.has(`/dev/${name}`)) drives.set(`/dev/${name}`, '')
  }
  return [...drives].map(([file, name]) => ({ file, name }))
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort()
  } catch {
    return []
  }
}
