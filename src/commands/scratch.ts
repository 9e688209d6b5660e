/** A run's own folder, outside the destination, for what must not be seen there. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { asButcherError } from '../errors.ts'

export interface Scratch {
  readonly folder: string
  readonly remove: () => void
}

/** Makes the folder, which is removed when the process ends, too. Throws `io` or `no-space`. */
export function makeScratch(): Scratch {
  const folder = newFolder()
  const removeFolder = (): void => fs.rmSync(folder, { recursive: true, force: true })
  process.on('exit', removeFolder)
  return {
    folder,
    remove: () => {
      removeFolder()
      process.off('exit', removeFolder)
    },
  }
}

function newFolder(): string {
  try {
    return fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-'))
  } catch (error) {
    throw asButcherError(error, 'cannot write to the folder for temporary files', os.tmpdir())
  }
}
