/** Makes reading go wrong in a program that is started, by a library that is preloaded into it. */

import path from 'node:path'
import { tryProgram } from '../tree.ts'

/**
 * At the `at`-th such call on a path that ends so: an error, one byte instead of many, or a shell command.
 */
export interface ReadFault {
  readonly end: string
  /** `sector`: every read of the sector number `at`. */
  readonly call: 'open' | 'read' | 'list' | 'readlink' | 'sector'
  readonly at: number
  readonly does: 'EIO' | 'EACCES' | 'short' | { readonly run: string }
}

/** Builds the library in `folder`; gives what makes the environment of a program with such faults. */
export function readFaults(
  folder: string,
): (faults: readonly ReadFault[]) => { readonly LD_PRELOAD: string; readonly READ_FAULTS: string } {
  const library = path.join(folder, 'read-faults.so')
  const source = path.join(import.meta.dirname, 'read-faults.c')
  const { status, stderr } = tryProgram('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  if (status !== 0) throw new Error(`gcc failed (apt-get install gcc libc6-dev): ${stderr}`)
  const lineOf = ({ end, call, at, does }: ReadFault): string =>
    `${end}|${call}|${at}|${typeof does === 'string' ? does : does.run}`
  return (faults) => ({ LD_PRELOAD: library, READ_FAULTS: faults.map(lineOf).join('\n') })
}
