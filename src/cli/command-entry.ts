/** A command in the list of commands. */

import type { Command } from './command.ts'

/** The order of the commands in every list. */
export const commandGroups = [
  'Back up and restore',
  'Look',
  'Forget',
  'Burn and label',
  'Check',
  'Rescue',
  'Disk images',
  'Several machines',
  'Jobs',
  'Set up',
] as const

export interface CommandEntry {
  /** One word, or two: `partition info`. */
  readonly name: string
  readonly aliases?: readonly string[]
  readonly group: (typeof commandGroups)[number]
  /** Begins with a verb: `back up a directory`. */
  readonly summary: string
  readonly load: () => Promise<Command>
}
