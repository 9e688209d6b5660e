/** The commands by name. Each is loaded when it is called: start-up time is the user's. */

import type { Command } from './command.ts'

export interface CommandEntry {
  readonly name: string
  readonly alias?: string
  readonly usage: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const commandList: readonly CommandEntry[] = [
  {
    name: 'backup',
    usage: '<src> <dest>',
    summary: 'back up a directory into disc folders under <dest>',
    load: async () => (await import('./backup-command.ts')).backupCommand,
  },
  {
    name: 'restore',
    usage: '<from..> <dest>',
    summary: 'bring a backup back from discs or a destination',
    load: async () => (await import('./restore-command.ts')).restoreCommand,
  },
  {
    name: 'list',
    alias: 'list-files',
    usage: '<from> [path]',
    summary: 'the files of one backup',
    load: async () => (await import('./list-command.ts')).listCommand,
  },
  {
    name: 'find',
    usage: '<from> <pattern>',
    summary: 'which backups, discs and chunks hold a path',
    load: async () => (await import('./find-command.ts')).findCommand,
  },
  {
    name: 'log',
    usage: '<from>',
    summary: 'the backups: number, date, name, files, bytes, discs',
    load: async () => (await import('./log-command.ts')).logCommand,
  },
  {
    name: 'diff',
    usage: '<from> [a] [b]',
    summary: 'what changed between two backups',
    load: async () => (await import('./diff-command.ts')).diffCommand,
  },
  {
    name: 'discs',
    usage: '<from>',
    summary: 'the inventory of discs: label, state, fill, place',
    load: async () => (await import('./discs-command.ts')).discsCommand,
  },
  {
    name: 'verify',
    usage: '<disc..>',
    summary: 'read discs through and check every byte',
    load: async () => (await import('./verify-command.ts')).verifyCommand,
  },
  {
    name: 'repair',
    usage: '<disc> <out>',
    summary: 'a sound copy of a damaged disc, by its parity',
    load: async () => (await import('./repair-command.ts')).repairCommand,
  },
  {
    name: 'spare',
    usage: '<dest> <disc..>',
    summary: 'a spare disc: any one of these discs can be lost and made again',
    load: async () => (await import('./spare-command.ts')).spareCommand,
  },
  {
    name: 'recover',
    usage: '<disc> <from..> <out>',
    summary: 'the lost disc, from its group and the spare',
    load: async () => (await import('./spare-command.ts')).recoverCommand,
  },
  {
    name: 'rebuild',
    usage: '<disc..> <catalog>',
    summary: 'a catalog out of discs alone',
    load: async () => (await import('./rebuild-command.ts')).rebuildCommand,
  },
  {
    name: 'iso',
    usage: '<dest> [disc..]',
    summary: 'one burnable image per disc',
    load: async () => (await import('./iso-command.ts')).isoCommand,
  },
  {
    name: 'label',
    usage: '<from> [disc..]',
    summary: 'labels for discs and their cases, as PDF or SVG',
    load: async () => (await import('./label-command.ts')).labelCommand,
  },
  {
    name: 'burn',
    usage: '<dest> [disc..]',
    summary: 'burn, read back, verify, record',
    load: async () => (await import('./burn-command.ts')).burnCommand,
  },
  {
    name: 'index',
    usage: '<from> <page>',
    summary: 'a page to look through the backups in, with any browser',
    load: async () => (await import('./index-command.ts')).indexCommand,
  },
  {
    name: 'doctor',
    usage: '',
    summary: 'which optional programs were found, and what each one adds',
    load: async () => (await import('./doctor-command.ts')).doctorCommand,
  },
]

export const findCommand = (name: string): CommandEntry | undefined =>
  commandList.find((entry) => entry.name === name || entry.alias === name)

/** The word that makes a completion script, which is no command of the contract. */
export const completionWord = 'completion'

export const commandWords: readonly string[] = [
  ...commandList.flatMap((entry) => (entry.alias ? [entry.name, entry.alias] : [entry.name])),
  completionWord,
  'help',
]
