/** The draft of an image that a killed run left. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { removeFile } from '../files/durable.ts'

/** Removes the draft, if it is there. Throws `locked` if a process is writing it, `io` if it must stay. */
export function removeLeftover(draft: string): void {
  if (!fs.existsSync(draft)) return
  const process = writerOf(draft)
  if (process !== undefined) {
    throw new ButcherError('locked', `process ${process} is writing ${draft}`, {
      path: draft,
      hint: 'wait until it ends, or choose another name',
    })
  }
  try {
    removeFile(draft)
  } catch (error) {
    throw asButcherError(error, 'cannot remove', draft)
  }
}

/** The number of a process that has the file open, as far as this user may see that. */
function writerOf(file: string): string | undefined {
  const real = fs.realpathSync(file)
  const processes = namesIn('/proc').filter((name) => /^\d+$/.test(name))
  return processes.find((process) => {
    const folder = path.join('/proc', process, 'fd')
    return namesIn(folder).some((name) => targetOf(path.join(folder, name)) === real)
  })
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

function targetOf(link: string): string | undefined {
  try {
    return fs.readlinkSync(link)
  } catch {
    return undefined
  }
}
