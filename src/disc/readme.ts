/**
 * README.txt of a disc. Its reader finds the disc in a box in twenty years, and knows nothing about it. Plain
 * ASCII, at most 79 columns. Lines that begin with four blanks and `$ ` are commands, which a test runs.
 */

import { counted } from '../format/counted-text.ts'
import { type Compression, compressionExtension } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showMilliseconds } from '../format/time-text.ts'
import { damageLines } from './readme-damage.ts'
import { pieceLines } from './readme-pieces.ts'

export interface ReadmeInfo {
  readonly setId: string
  readonly disc: number
  readonly label: string
  /** The medium's name. */
  readonly medium: string
  /** null: no limit. */
  readonly capacityBytes: number | null
  /** The discs known so far. */
  readonly discCount: number
  readonly hasParity: boolean
  /** Whether the set has files in pieces. */
  readonly hasPieces: boolean
  readonly encryption: 'none' | 'passphrase' | 'recipients' | 'both'
  readonly hash: 'sha256' | 'sha512'
  /** The compressions of this disc's chunks. */
  readonly compressions: readonly Compression[]
  /** The newest backups. Only those that fit are shown. */
  readonly backups: readonly ReadmeBackup[]
  /** This disc's chunks, in order. */
  readonly chunks: readonly { readonly file: string; readonly bytes: number }[]
  readonly programVersion: string
  /** The time of writing. */
  readonly createdMs: number
}

interface ReadmeBackup {
  readonly number: number
  readonly name: string | null
  readonly startedMs: number
  readonly source: string | null
  readonly files: number | null
  readonly bytes: number | null
}

/** `readmeText` is never longer than this, for any input. A disc reserves this much. */
export const readmeReserveBytes = 8192

/** The text of README.txt, at most `readmeReserveBytes` long. */
export function readmeText(info: ReadmeInfo): string {
  const before = [...heading(info), ...thisDisc(info)]
  const after = [
    ...withScript(info),
    ...withoutScript(info),
    ...damageLines(encrypted(info), info.hasParity),
    ...lastWords(info),
  ]
  const taken = before.join('\n').length + after.join('\n').length + 2
  return `${[...before, ...newestBackups(info, readmeReserveBytes - taken), ...after].join('\n')}\n`
}

function heading(info: ReadmeInfo): string[] {
  return [
    `BACKUP DISC ${info.disc} OF SET ${info.setId.slice(0, 8).toUpperCase()}`,
    '',
    'This disc is part of a backup on one or more discs. The program "butcher" made',
    'it. You do not need that program: the common tools of any Linux system (also',
    'of a live system, or of Linux within Windows) bring the files back.',
    `The chunks on it are tar archives, some compressed${encrypted(info) ? ', all encrypted by OpenPGP.' : '.'}`,
    '',
  ]
}

function thisDisc(info: ReadmeInfo): string[] {
  const first = info.chunks[0]
  const last = info.chunks.at(-1)
  const bytes = info.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0)
  const size = info.capacityBytes === null ? 'no limit' : showSize(info.capacityBytes)
  return [
    `Set id:      ${ascii(info.setId, 32)}`,
    `This disc:   ${info.disc}, labelled ${ascii(info.label, 32)}`,
    `Made for:    ${ascii(info.medium, 24)} (${size})`,
    `Discs:       1 to ${info.discCount} are known to this one; a later disc knows more`,
    ...(first && last
      ? [
          `Chunks here: ${info.chunks.length}, of ${bytes} bytes, from ${ascii(first.file, 28)}`,
          `             to ${ascii(last.file, 28)}`,
        ]
      : ['Chunks here: none']),
    `Encryption:  ${encryptionWords[info.encryption]}`,
    `Written:     ${showMilliseconds(info.createdMs).slice(0, 10)} by butcher ${ascii(info.programVersion, 20)}`,
    '',
  ]
}

const encryptionWords = {
  none: 'none',
  passphrase: 'OpenPGP, AES-256, by a passphrase',
  recipients: 'OpenPGP, AES-256, to keys: a secret key is needed',
  both: 'OpenPGP, AES-256: the passphrase opens it, or a secret key',
} as const

const backupsTitle = 'The newest backups of the set (times in UTC):'

/** The number of the newest backup that the text of a README.txt names. */
export function newestBackupNamed(readme: string): number | undefined {
  const list = readme.split(`${backupsTitle}\n`)[1]?.split('\n\n')[0] ?? ''
  const numbers = [...list.matchAll(/^ {2} *(\d{1,9}) {2}\d{4}-\d\d-\d\d \d\d:\d\d/gm)]
  return numbers.length === 0 ? undefined : Math.max(...numbers.map(([, number]) => Number(number)))
}

/** The newest backups that fit into `roomBytes`. For an encrypted set, the text has no names. */
function newestBackups(info: ReadmeInfo, roomBytes: number): string[] {
  const title = backupsTitle
  const lines: string[] = []
  let left = roomBytes - title.length - 2
  for (const backup of info.backups.toReversed()) {
    const facts = encrypted(info) ? timeLine(backup) : [...timeLine(backup, true), ...nameLine(backup)]
    left -= facts.join('\n').length + 1
    if (left < 0) break
    lines.unshift(...facts)
  }
  return lines.length === 0 ? [] : [title, ...lines, '']
}

function timeLine(backup: ReadmeBackup, withCounts = false): string[] {
  const when = showMilliseconds(backup.startedMs).slice(0, 16).replace('T', ' ')
  const known = withCounts && backup.files !== null && backup.bytes !== null
  const line = `  ${String(backup.number).padStart(5)}  ${when}`
  return [known ? `${line}  ${counted(backup.files, 'file')}, ${showSize(backup.bytes)}` : line]
}

function nameLine(backup: ReadmeBackup): string[] {
  const names = [backup.name, backup.source].filter((text) => text !== null && text !== '')
  return names.length === 0 ? [] : [`         ${names.map((text) => ascii(text as string, 32)).join(' of ')}`]
}

function withScript(info: ReadmeInfo): string[] {
  const passphrase = hasPassphrase(info) ? ' --passphrase-file "$PASS"' : ''
  return [
    'WHAT IS NEEDED',
    '',
    'bash 4.4, GNU coreutils 8.31, GNU tar 1.29, all of them or later,',
    `${programs(info).join(', ')}; better with sqlite3 3.16 too,`,
    'to get one backup exactly as it was. Each is a package of that name on Debian',
    '(xz: xz-utils). Chunks in .gz, .zst or .xz, if there are any: gzip, zstd, xz.',
    'All commands are for bash. First, so that your settings do not change what the',
    'programs do (the last command must say GNU tar):',
    '    $ unalias -a; export LC_ALL=C; set +o posix',
    '    $ unset IFS CDPATH GLOBIGNORE POSIXLY_CORRECT TAR_OPTIONS BZIP BZIP2 GZIP',
    '    $ unset TAPE XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS',
    '    $ tar --version | head -n 1',
    ...secretLines(info),
    '',
    'EVERYTHING BACK, BY THE SCRIPT',
    '',
    'Copy the discs side by side as disc-0001, disc-0002, ... or mount them, and',
    'begin with the newest. In its folder check, look (with sqlite3), restore:',
    '    $ sha256sum -c SHA256SUMS',
    `    $ bash restore.sh --list${passphrase}`,
    `    $ bash restore.sh${passphrase} "$HOME/restored"`,
    'Discs elsewhere: name their folders at the end. With one drive: run it from the',
    'next disc with the same "restored" until it says that all is there. An older',
    'backup: --at NUMBER. One folder or file: --only PATH. More: --help.',
    '',
  ]
}

function secretLines(info: ReadmeInfo): string[] {
  const key = 'gpg --import FILE-OF-THE-SECRET-KEY'
  switch (info.encryption) {
    case 'none':
      return []
    case 'recipients':
      return [`First of all: ${key}`]
    case 'passphrase':
    case 'both':
      return [
        'You need the passphrase. Write it into a file, as its only line:',
        '    $ PASS=$HOME/passphrase.txt',
        ...(info.encryption === 'both'
          ? [`Or you have a secret key: ${key},`, 'and leave out what says PASS.']
          : []),
      ]
  }
}

function withoutScript(info: ReadmeInfo): string[] {
  return [
    'EVERYTHING BACK, STEP BY STEP',
    '',
    'In the folder of each disc, from disc 1 to the last, the chunks in order:',
    '    $ OUT=$HOME/by-hand',
    '    $ mkdir -p "$OUT"',
    ...decryptLines(info).map((line) => `    $ ${line}`),
    '    $ for chunk in chunks/*.tar*; do',
    ...unpackLines(info).map((line) => `    $   ${line}`),
    '    $ done',
    'After the last disc, join the files that were stored in parts:',
    '    $ cd "$OUT"',
    '    $ shopt -s globstar dotglob nullglob',
    '    $ for part in **/*.butcher-part-00001-of-?????; do',
    '    $   file=${part%.butcher-part-*}',
    '    $   parts=("$file".butcher-part-*-of-"${part##*-of-}")',
    '    $   test ${#parts[@]} -eq $((10#${part##*-of-})) || continue',
    '    $   test "$file" -nt "$part" && continue # a later version of it',
    '    $   cat "${parts[@]}" > "$file" && touch -r "$part" "$file" &&',
    '    $     rm "${parts[@]}"',
    '    $ done',
    ...(info.hasPieces ? pieceLines : []),
    'This brings every content ever stored, where it was stored first. Files moved,',
    'copied or deleted later, other names, and all hashes are in the catalog:',
    'an SQLite file, whose view restore_plan tells for each path of each backup the',
    "disc, chunk and member that has it. To read it, back in the disc's folder:",
    '    $ cd "$OLDPWD"',
    `    $ ${catalogLine(info)}`,
    '    $ sqlite3 -batch -init /dev/null "$OUT.sqlite" \\',
    '    $   "SELECT * FROM restore_plan LIMIT 20"',
    '',
  ]
}

function decryptLines(info: ReadmeInfo): string[] {
  if (!encrypted(info)) return []
  if (!hasPassphrase(info)) return ['open_gpg() { gpg --no-options -q --yes "$@"; }']
  return [
    // Without it gpg fails: with --no-options it does not make the folder itself.
    'mkdir -p -m 700 "${GNUPGHOME:-$HOME/.gnupg}"',
    'open_gpg() { gpg --no-options -q --yes --batch --pinentry-mode loopback \\',
    '  --passphrase-file "$PASS" "$@"; }',
  ]
}

function unpackLines(info: ReadmeInfo): string[] {
  const kinds = new Set<Compression>(['none', 'bz2', ...info.compressions])
  const cases = [...kinds].map((kind) => {
    const name = `*.tar${compressionExtension[kind]}${encrypted(info) ? '.gpg' : ''}`
    return `  ${name}) unpack='${unpackers[kind]}' ;;`
  })
  return [
    ...(encrypted(info)
      ? ['open_gpg --output "$OUT.tmp" --decrypt "$chunk" || {', '  echo "DAMAGED: $chunk"; continue; }']
      : []),
    'case $chunk in',
    ...cases,
    `  *) echo "see the README.txt of its disc: $chunk"; continue ;;`,
    'esac',
    `$unpack < ${encrypted(info) ? '"$OUT.tmp"' : '"$chunk"'} |`,
    '  tar -x -f - --anchored --exclude=.butcher -C "$OUT"',
    ...(encrypted(info) ? ['rm "$OUT.tmp"'] : []),
  ]
}

const unpackers: Readonly<Record<Compression, string>> = {
  none: 'cat',
  bz2: 'bzip2 -dc',
  gz: 'gzip -dc',
  zstd: 'zstd -dc',
  xz: 'xz -dc',
}

const catalogLine = (info: ReadmeInfo): string =>
  encrypted(info)
    ? 'open_gpg --decrypt catalog.sqlite.bz2.gpg | bzip2 -dc > "$OUT.sqlite"'
    : 'bzip2 -dc catalog.sqlite.bz2 > "$OUT.sqlite"'

function lastWords(info: ReadmeInfo): string[] {
  return [
    `Hashes of files are ${info.hash === 'sha512' ? 'SHA-512' : 'SHA-256'}, those of chunks SHA-256. Members below`,
    '.butcher/ in a chunk repeat its part of the catalog, as lines of JSON.',
    ...(encrypted(info) ? [] : [pageLine]),
  ]
}

const pageLine = 'index.html, where there is one, shows all files and their discs in a browser.'

const encrypted = (info: ReadmeInfo): boolean => info.encryption !== 'none'

const hasPassphrase = (info: ReadmeInfo): boolean => ['passphrase', 'both'].includes(info.encryption)

function programs(info: ReadmeInfo): string[] {
  const more = info.compressions.filter((kind) => kind !== 'none' && kind !== 'bz2')
  return [
    'bzip2',
    ...[...new Set(more)].map((kind) => (kind === 'gz' ? 'gzip' : kind)),
    ...(encrypted(info) ? ['gpg 2.1'] : []),
  ]
}

/** `text` in plain ASCII, at most `length` columns. Other characters are escaped. */
function ascii(text: string, length: number): string {
  const shown = showPath(text.slice(0, length + 1)).replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  )
  return shown.length <= length ? shown : `${shown.slice(0, length - 3)}...`
}
