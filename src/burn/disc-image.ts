/**
 * The image of a disc: ISO 9660 level 3 with Rock Ridge and Joliet. It is a stream, so burning needs no image
 * file on disk. The same folder always gives the same bytes: owners, modes, times and order do not come from
 * the file system.
 */

import type { ChildProcess } from 'node:child_process'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { sectorBytes } from '../format/medium.ts'
import { withJolietLabel } from './joliet-label.ts'
import { endOnAbort, endProgram } from '../programs/run-program.ts'
import { exitStatus, collectStderr, runXorriso, spawnXorriso, faultIn } from './xorriso.ts'

export interface ImageSource {
  /** Absolute. */
  readonly folder: string
  /** At most 32 characters, from `A-Z0-9_`. */
  readonly volumeId: string
  /** The time of every file in the image, in milliseconds since 1970. */
  readonly date: number
}

function imageArguments({ folder, volumeId, date }: ImageSource, last: readonly string[]): string[] {
  // `--no_rc` must be the first. `-r`: root owns every file, everybody can read it, nobody can change it.
  const time = new Date(date).toISOString().replace(/\D/g, '').slice(0, 16)
  return [
    '-as', 'mkisofs', '--no_rc', '-quiet', '-iso-level', '3', '-r', '-J', '-joliet-long', '-no-pad',
    '-input-charset', 'utf-8', '-V', volumeId, '-A', 'BUTCHER', '-preparer', 'BUTCHER',
    `--modification-date=${time}`, '--set_all_file_dates', time, ...last, folder,
  ] // prettier-ignore
}

/** The size of the image to come, from names and sizes alone. */
export async function imageBytes(source: ImageSource, signal?: AbortSignal): Promise<number> {
  const { status, output, stderr } = await runXorriso(imageArguments(source, ['-print-size']), signal)
  const blocks = /^(\d+)\s*$/m.exec(output)?.[1]
  if (status !== 0 || blocks === undefined) throw failed(source, stderr)
  return Number(blocks) * sectorBytes
}

/**
 * The image, from its first byte to its last. If xorriso could not read the whole folder, it throws `program`
 * after the last piece. `return` and `signal` stop xorriso.
 */
export async function* imageStream(source: ImageSource, signal?: AbortSignal): AsyncGenerator<Buffer> {
  throwIfAborted(signal)
  const child = spawnXorriso(imageArguments(source, ['-o', '-']), ['ignore', 'pipe', 'pipe'])
  const stderr = collectStderr(child)
  const status = exitStatus(child)
  status.catch(() => {})
  const done = endOnAbort(child, signal)
  try {
    yield* withJolietLabel(child.stdout as NonNullable<ChildProcess['stdout']>, source.volumeId)
    const code = await status
    if (code !== 0) throw failed(source, stderr())
  } catch (error) {
    throwIfAborted(signal, error)
    throw error
  } finally {
    done()
    await endProgram(child)
  }
}

const failed = ({ folder }: ImageSource, stderr: string): ButcherError =>
  new ButcherError('program', `xorriso cannot make an image of ${folder}: ${faultIn(stderr)}`, {
    path: folder,
  })
