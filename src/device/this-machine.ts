/** The machine that butcher runs on, and the programs that know more than `/sys`. */

import { findProgram } from '../programs/find-program.ts'
import { runFilter } from '../programs/run-filter.ts'
import type { Machine } from './list-devices.ts'

const ask = async (name: string, args: readonly string[]): Promise<string | undefined> => {
  const program = findProgram(name) ?? findProgram(`/sbin/${name}`)
  if (program === undefined) return undefined
  // blkid ends with 2 if it knows nothing about the device.
  return runFilter(program, args, new Uint8Array(0)).then(String, () => undefined)
}

export const thisMachine: Machine = {
  root: '/',
  probe: (device) => ask('blkid', ['-p', '-o', 'udev', device]),
  showPools: () => ask('zpool', ['status', '-P', '-L']),
}
