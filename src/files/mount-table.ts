/** The mount table of Linux, as /proc/self/mountinfo has it; proc(5) describes the fields. */

import { pathFromBytes } from '../format/path-text.ts'

export interface Mount {
  /** `8:17` of the file system's device. Of btrfs, zfs and overlay it names no disk. */
  readonly number: string
  readonly place: string
  readonly fileSystem: string
  /** `/dev/sdb1`, or the name of a pool. */
  readonly source: string
  readonly isReadOnly: boolean
  /** The user number of who mounted a FUSE file system. */
  readonly owner: number | undefined
}

/** Never fails: lines of another form are left out. */
export function parseMounts(table: Buffer): readonly Mount[] {
  return tableLines(table).flatMap((line) => {
    const words = line.split(' ')
    const end = words.indexOf('-', 6)
    const [number, place] = [words[2], words[4]]
    if (end < 0 || number === undefined || place === undefined) return []
    const [fileSystem = '', source = '', settings = ''] = words.slice(end + 1)
    const owner = /(?:^|,)user_id=(\d+)/.exec(settings)?.[1]
    return [
      {
        number,
        place: plainWord(place),
        fileSystem,
        source: plainWord(source),
        isReadOnly: words[5]?.split(',').includes('ro') === true,
        owner: owner === undefined ? undefined : Number(owner),
      },
    ]
  })
}

/** The lines of a table of the kernel, a character for each byte. */
export const tableLines = (table: Buffer): string[] =>
  table
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')

/** The kernel writes blanks, tabs, line ends and backslashes as `\040`. */
export function plainWord(word: string): string {
  const bytes = word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
  return pathFromBytes(Buffer.from(bytes, 'latin1'))
}
