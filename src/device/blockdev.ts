/** The program blockdev of util-linux. */

import { findProgram } from '../programs/find-program.ts'
import { runFilter } from '../programs/run-filter.ts'

/**
 * Its failure does no harm: the partitions then show when the disk is plugged in again. A partition has no
 * table, and refuses.
 */
export async function runBlockdev(option: string, device: string): Promise<void> {
  const program = findProgram('blockdev') ?? '/sbin/blockdev'
  await runFilter(program, [option, device], new Uint8Array(0)).catch(() => {})
}
