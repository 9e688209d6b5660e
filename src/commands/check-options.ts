/** What can be said about the options before anything is opened. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ButcherError } from '../errors.ts'
import type { BackupOptions } from './backup-options.ts'

/** The number of worker threads. Throws `usage` for numbers that are none. */
export function checkNumbers(options: BackupOptions): number {
  const whole = (value: number | undefined, name: string): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new ButcherError('usage', `${name} ${value} is no whole number from 1 on`)
    }
  }
  whole(options.jobs, '--jobs')
  whole(options.maxDiscs, '--max-discs')
  whole(options.chunkSizeBytes, '--chunk-size')
  const { redundancy } = options
  if (redundancy !== undefined && redundancy !== 0 && !(redundancy >= 1 && redundancy <= 50)) {
    throw new ButcherError('usage', `--redundancy ${redundancy}% is not between 1% and 50%`)
  }
  return options.jobs ?? os.availableParallelism()
}

/** Whether `inner` is `outer` or below it, symlinks resolved. */
export function isWithin(outer: string, inner: string): boolean {
  const real = (folder: string): string => {
    try {
      return fs.realpathSync(folder)
    } catch {
      return folder
    }
  }
  const relative = path.relative(real(outer), real(inner))
  return (
    relative === '' ||
    (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative))
  )
}
