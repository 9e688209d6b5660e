/** The facts on a disc's label. */

import { showNumbers } from '../catalog/resolve-backup.ts'
import { showSize } from '../format/size-text.ts'

export interface LabelFacts {
  readonly setId: string
  /** The user's title, or undefined. */
  readonly title: string | undefined
  readonly disc: number
  /** The highest disc number known now. */
  readonly discCount: number
  /** The number of this copy, and of all copies; undefined if there is only one. */
  readonly copy: { readonly number: number; readonly of: number } | undefined
  /** Volume id and label. */
  readonly label: string
  readonly medium: string
  readonly capacityBytes: number | null
  /** The backups with chunks on the disc: numbers, and the days (`2026-11-20`) of the first and the last. */
  readonly backups: readonly number[]
  readonly days: readonly [first: string, last: string] | undefined
  /** The day on which this copy was burned. */
  readonly burned: string | undefined
  /** The number of paths whose content is on the disc, at least in part. */
  readonly files: number
  /** The bytes of these contents that are on the disc. */
  readonly sourceBytes: number
  readonly chunks: number
  readonly storedBytes: number
  readonly encryption: 'none' | 'passphrase' | 'recipients' | 'both'
}

export const shortSetId = ({ setId }: LabelFacts): string => setId.slice(0, 8).toUpperCase()

export const titleOf = (facts: LabelFacts): string => facts.title ?? shortSetId(facts)

/** The line above the title. It has the set's id if the title does not. */
export const overline = (facts: LabelFacts): string =>
  facts.title === undefined ? 'BACKUP SET' : `BACKUP SET ${shortSetId(facts)}`

const mediaNames: Readonly<Record<string, string>> = {
  cd: 'CD-R',
  dvd: 'DVD',
  'dvd-dl': 'DVD, two layers',
  bd25: 'BD-R 25 GB',
  bd50: 'BD-R 50 GB',
  bd100: 'BD-R 100 GB',
  bd128: 'BD-R 128 GB',
  unlimited: 'no limit of size',
}

export const mediumName = ({ medium, capacityBytes }: LabelFacts): string =>
  mediaNames[medium] ?? (capacityBytes === null ? medium : `made for ${showSize(capacityBytes)}`)

export function daysOf({ days }: LabelFacts): string {
  if (days === undefined) return '-'
  return days[0] === days[1] ? days[0] : `${days[0]} to ${days[1]}`
}

export const encryptionWords: Readonly<Record<LabelFacts['encryption'], string>> = {
  none: 'not encrypted',
  passphrase: 'encrypted: needs the passphrase',
  recipients: 'encrypted: needs the private key',
  both: 'encrypted: needs the passphrase or the private key',
}

/** How to restore, in three short lines: the end of a disc is narrow. */
export const restoreLines = ({ encryption }: LabelFacts): readonly [string, string, string] => [
  'Restore: butcher restore DISCS FOLDER',
  `Without butcher: bash restore.sh (with tar, bzip2${encryption === 'none' ? '' : ', gpg'})`,
  'All by hand: README.txt on the disc',
]

export const countText = (count: number, one: string): string =>
  `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`

/** `backups 1-4`, or `no backup` for a disc without chunks. */
export function backupsText({ backups }: LabelFacts): string {
  const numbers = showNumbers(backups)
  if (backups.length > 12) return `${backups.length} backups, ${backups[0]} to ${backups.at(-1)}`
  return backups.length === 0 ? 'no backup' : `backup${backups.length === 1 ? '' : 's'} ${numbers}`
}

export const contentsLine = (facts: LabelFacts): string =>
  `${countText(facts.files, 'file')}, ${showSize(facts.sourceBytes)}  ·  ${backupsText(facts)}`

export const storedLine = (facts: LabelFacts): string =>
  `${countText(facts.chunks, 'chunk')}, ${showSize(facts.storedBytes)} stored`
