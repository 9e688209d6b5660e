/** The commands by name. Each is loaded only when it is called, which keeps the start fast. */

import type { CommandEntry } from './command-entry.ts'
import { jobEntries } from './jobs/job-command-list.ts'

export const commandList: readonly CommandEntry[] = [
  {
    name: 'backup',
    group: 'Back up and restore',
    summary: 'back up a directory into disc folders',
    load: async () => (await import('./backup-command.ts')).backupCommand,
  },
  {
    name: 'restore',
    group: 'Back up and restore',
    summary: 'restore a backup from discs or a destination',
    load: async () => (await import('./restore-command.ts')).restoreCommand,
  },
  {
    name: 'list',
    aliases: ['ls', 'list-files'],
    group: 'Look',
    summary: 'list the files of a backup',
    load: async () => (await import('./list-command.ts')).listCommand,
  },
  {
    name: 'find',
    group: 'Look',
    summary: 'find the backups, discs and chunks that hold a path',
    load: async () => (await import('./find-command.ts')).findCommand,
  },
  {
    name: 'log',
    aliases: ['snapshots'],
    group: 'Look',
    summary: 'list the backups with date, files, bytes and discs',
    load: async () => (await import('./log-command.ts')).logCommand,
  },
  {
    name: 'diff',
    group: 'Look',
    summary: 'show the changes between two backups',
    load: async () => (await import('./diff-command.ts')).diffCommand,
  },
  {
    name: 'discs',
    group: 'Look',
    summary: 'show the discs with state, fill, copies and location',
    load: async () => (await import('./discs-command.ts')).discsCommand,
  },
  {
    name: 'index',
    group: 'Look',
    summary: 'write a web page to browse the backups',
    load: async () => (await import('./index-command.ts')).indexCommand,
  },
  {
    name: 'mount',
    group: 'Look',
    summary: 'mount all backups as a folder, read-only',
    load: async () => (await import('./mount-command.ts')).mountCommand,
  },
  {
    name: 'unmount',
    aliases: ['umount'],
    group: 'Look',
    summary: 'end a mount',
    load: async () => (await import('./unmount-command.ts')).unmountCommand,
  },
  {
    name: 'forget',
    group: 'Forget',
    summary: 'forget old backups by rules, or by number',
    load: async () => (await import('./forget-command.ts')).forgetCommand,
  },
  {
    name: 'prune',
    group: 'Forget',
    summary: 'free the room of forgotten backups',
    load: async () => (await import('./prune-command.ts')).pruneCommand,
  },
  {
    name: 'pin',
    group: 'Forget',
    summary: 'keep a backup for good',
    load: async () => (await import('./pin-command.ts')).pinCommand,
  },
  {
    name: 'unpin',
    group: 'Forget',
    summary: 'let the rules forget a backup again',
    load: async () => (await import('./pin-command.ts')).unpinCommand,
  },
  {
    name: 'burn',
    group: 'Burn and label',
    summary: 'burn discs, read them back and record the copies',
    load: async () => (await import('./burn-command.ts')).burnCommand,
  },
  {
    name: 'iso',
    group: 'Burn and label',
    summary: 'write a burnable image of each disc',
    load: async () => (await import('./iso-command.ts')).isoCommand,
  },
  {
    name: 'label',
    group: 'Burn and label',
    summary: 'make labels for discs and cases, as PDF or SVG',
    load: async () => (await import('./label-command.ts')).labelCommand,
  },
  {
    name: 'verify',
    aliases: ['check'],
    group: 'Check',
    summary: 'read discs and check every byte',
    load: async () => (await import('./verify-command.ts')).verifyCommand,
  },
  {
    name: 'repair',
    group: 'Rescue',
    summary: 'repair a damaged disc with its parity',
    load: async () => (await import('./repair-command.ts')).repairCommand,
  },
  {
    name: 'spare',
    group: 'Rescue',
    summary: 'make a spare disc that can replace any one disc of a group',
    load: async () => (await import('./spare-command.ts')).spareCommand,
  },
  {
    name: 'recover',
    group: 'Rescue',
    summary: 'recreate a lost disc from its group and the spare',
    load: async () => (await import('./spare-command.ts')).recoverCommand,
  },
  {
    name: 'rebuild',
    group: 'Rescue',
    summary: 'rebuild the catalog from the discs alone',
    load: async () => (await import('./rebuild-command.ts')).rebuildCommand,
  },
  {
    name: 'partition info',
    group: 'Disk images',
    summary: 'show the header of a partition image',
    load: async () => (await import('./partition-info-command.ts')).partitionInfoCommand,
  },
  {
    name: 'partition check',
    group: 'Disk images',
    summary: 'verify every checksum of a partition image',
    load: async () => (await import('./partition-check-command.ts')).partitionCheckCommand,
  },
  {
    name: 'partition restore',
    group: 'Disk images',
    summary: 'restore a partition image to a file or a device',
    load: async () => (await import('./partition-restore-command.ts')).partitionRestoreCommand,
  },
  {
    name: 'partition mount',
    group: 'Disk images',
    summary: 'mount a partition image as a raw partition',
    load: async () => (await import('./partition-mount-command.ts')).partitionMountCommand,
  },
  {
    name: 'device list',
    group: 'Disk images',
    summary: 'list the SD cards and USB disks',
    load: async () => (await import('./device-list-command.ts')).deviceListCommand,
  },
  {
    name: 'device backup',
    group: 'Disk images',
    summary: 'write an image of a whole card or disk',
    load: async () => (await import('./device-backup-command.ts')).deviceBackupCommand,
  },
  {
    name: 'device restore',
    group: 'Disk images',
    summary: 'write an image onto a card or disk, and compare',
    load: async () => (await import('./device-restore-command.ts')).deviceRestoreCommand,
  },
  {
    name: 'worker',
    group: 'Several machines',
    summary: 'pack chunks for the backups that use a queue',
    load: async () => (await import('./worker-command.ts')).workerCommand,
  },
  {
    name: 'pack-chunk',
    group: 'Several machines',
    summary: 'pack one chunk of a backup that another host planned',
    load: async () => (await import('./pack-chunk-command.ts')).packChunkCommand,
  },
  ...jobEntries,
  {
    name: 'doctor',
    group: 'Set up',
    summary: 'show which optional programs are installed',
    load: async () => (await import('./doctor-command.ts')).doctorCommand,
  },
  {
    name: 'licenses',
    group: 'Set up',
    summary: 'print the licences of butcher and of all that is inside it',
    load: async () => (await import('./licenses-command.ts')).licensesCommand,
  },
  {
    name: 'completion',
    group: 'Set up',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion-command.ts')).completionCommand,
  },
]

export const findCommand = (name: string): CommandEntry | undefined =>
  commandList.find((entry) => entry.name === name || entry.aliases?.includes(name))

/** The command that these words begin with. A name of two words comes before one of one word. */
export const commandOf = ([first = '', second]: readonly string[]): CommandEntry | undefined =>
  (second === undefined ? undefined : findCommand(`${first} ${second}`)) ?? findCommand(first)

/**
 * The first command in a line of words that also has options and their values, and the words after its name.
 */
export function commandIn(
  words: readonly string[],
): { readonly entry: CommandEntry; readonly rest: readonly string[] } | undefined {
  const start = words.findIndex((_, i) => commandOf(words.slice(i)) !== undefined)
  const entry = start < 0 ? undefined : commandOf(words.slice(start))
  if (!entry) return undefined
  const size = findCommand(words[start] as string) === entry ? 1 : 2
  return { entry, rest: words.slice(start + size) }
}

/** The commands of two words whose first word is `word`. */
export const commandsBelow = (word: string): readonly CommandEntry[] =>
  commandList.filter(({ name }) => name.startsWith(`${word} `))

export const helpWord = 'help'

/** The words that a call can begin with. */
export const commandWords: readonly string[] = [
  ...new Set(commandList.flatMap(({ name, aliases = [] }) => [name, ...aliases].map(firstWord))),
  helpWord,
]

export function firstWord(name: string): string {
  return name.split(' ', 1)[0] as string
}
