/** Every option of the command line. One name means the same in every command. */

import { jobOptions } from './jobs/job-options.ts'
import { machineOptions } from './machine-options.ts'
import type { OptionSpec } from './option-spec.ts'
import { retentionOptions } from './retention-options.ts'

const options = {
  passphrase: {
    kind: 'text',
    value: 'P',
    describe: 'use this passphrase; other users can see it in the process list',
    mayBeEmpty: true,
  },
  'passphrase-file': {
    kind: 'text',
    value: 'F',
    describe: 'read the passphrase from the first line of this file',
  },
  'passphrase-command': {
    kind: 'text',
    value: 'C',
    describe: 'run this shell command and read the passphrase from the first line of its output',
  },
  encrypt: { kind: 'flag', describe: 'encrypt with a passphrase; butcher prompts for it' },
  'no-encrypt': { kind: 'flag', describe: 'begin an unencrypted set without a prompt' },
  recipient: {
    kind: 'list',
    value: 'KEY',
    describe: 'encrypt to the OpenPGP public key in this file; repeatable',
  },
  'private-key': {
    kind: 'text',
    value: 'KEY',
    describe: 'decrypt with the OpenPGP private key in this file',
  },
  index: { kind: 'text', value: 'FILE', describe: 'use this catalog instead of the one in the given place' },
  as: {
    kind: 'list',
    value: 'NAME',
    describe: 'store a source below this name; give it once for each source, in their order',
  },
  name: { kind: 'text', value: 'TEXT', describe: 'give this backup a name', mayBeEmpty: true },
  medium: {
    kind: 'text',
    value: 'M',
    describe:
      'fill discs of this kind: cd, dvd, dvd-dl, bd25 (default), bd50, bd100, bd128, unlimited, or a size such as 650MB or 4.7GiB',
  },
  'chunk-size': {
    kind: 'text',
    value: 'S',
    describe: 'put at most this much source data in one chunk (default: 1GB)',
  },
  'max-discs': {
    kind: 'text',
    value: 'N',
    describe: 'stage at most N discs, then stop; run the same command again to continue',
  },
  redundancy: {
    kind: 'text',
    value: 'P',
    describe:
      'reserve this share of each disc for parity data, e.g. 10% (default: none; an open disc keeps its share)',
  },
  compress: {
    kind: 'text',
    value: 'C',
    describe: 'compress with this method; auto is bzip2 for data that compresses',
    choices: ['auto', 'bz2', 'gz', 'zstd', 'xz', 'none'],
  },
  hash: {
    kind: 'text',
    value: 'H',
    describe: 'hash files with this algorithm',
    choices: ['sha256', 'sha512'],
  },
  include: { kind: 'list', value: 'G', describe: 'take only paths that match this pattern; repeatable' },
  exclude: { kind: 'list', value: 'G', describe: 'skip paths that match this gitignore pattern; repeatable' },
  'exclude-from': {
    kind: 'list',
    value: 'F',
    describe: 'skip paths that match a pattern of this file, one on each line; repeatable',
  },
  filter: {
    kind: 'text',
    value: 'REGEX',
    describe: 'take only files whose path matches this regular expression',
  },
  'one-file-system': { kind: 'flag', describe: 'do not cross into other file systems' },
  'no-index-page': {
    kind: 'flag',
    describe: 'write no index.html to the discs (an encrypted set never has one)',
  },
  pieces: {
    kind: 'flag',
    value: 'SIZE',
    mayHaveValue: true,
    describe:
      'store files of at least 16MiB, or SIZE, in pieces of 1 MiB: a later backup stores only the pieces that changed',
  },
  'as-partition': {
    kind: 'flag',
    describe:
      'store the partition that this image holds (partclone, partimage, ntfsclone), in pieces of 1 MiB',
  },
  'reset-options': {
    kind: 'flag',
    describe: 'start from the built-in defaults, not from the options of the last backup',
  },
  full: { kind: 'flag', describe: 'store every file again, even if an earlier backup holds it' },
  ...retentionOptions,
  at: { kind: 'text', value: 'N|DATE', describe: 'use this backup, by number or date (default: the newest)' },
  'new-disc': { kind: 'flag', describe: 'begin a new disc and seal the open one' },
  'replace-disc': {
    kind: 'list',
    value: 'DISC',
    describe: 'store the files again that only this lost disc held; repeatable',
  },
  locate: {
    kind: 'list',
    value: 'DISC PLACE',
    takesTwo: true,
    describe: 'record the location of a disc, e.g. --locate 3 "shelf B"; repeatable',
  },
  lost: { kind: 'list', value: 'DISC', describe: 'record that a disc, or a copy of it, is lost; repeatable' },
  found: { kind: 'list', value: 'DISC', describe: 'record that a lost disc is back; repeatable' },
  device: {
    kind: 'list',
    value: 'D',
    describe: 'use this drive, e.g. /dev/sr0',
  },
  burn: { kind: 'flag', describe: 'burn each disc as soon as it is staged, and remove its folder' },
  copies: { kind: 'text', value: 'N', describe: 'burn until each disc has N good copies (default: 1)' },
  speed: { kind: 'text', value: 'S', describe: 'burn at this speed: 4, 8x or 2000k (default: the fastest)' },
  spares: {
    kind: 'flag',
    describe: 'format a blank BD-R with spare blocks first: safer, but half the speed and less room',
  },
  blank: { kind: 'flag', describe: 'allow erasing rewritable discs that are not blank' },
  'load-command': {
    kind: 'text',
    value: 'CMD',
    describe: 'run this shell command to put a blank into the drive $BUTCHER_DEVICE, for a disc loader',
  },
  'unload-command': {
    kind: 'text',
    value: 'CMD',
    describe: 'run this shell command to take a disc out; $BUTCHER_RESULT says if it is good',
  },
  'remove-staged': {
    kind: 'flag',
    describe: 'remove the folder and the image of a disc after all its copies are verified',
  },
  follow: {
    kind: 'text',
    isFlagOf: 'daemon logs',
    value: 'SRC',
    describe: 'back up this directory disc by disc: stage one, burn it, remove it, then the next',
  },
  copy: { kind: 'text', value: 'N', describe: 'choose a copy of the disc by its number' },
  out: { kind: 'text', value: 'FILE', describe: 'write to this file, .pdf or .svg (default: labels.pdf)' },
  title: { kind: 'text', value: 'TEXT', describe: 'print this text in large letters', mayBeEmpty: true },
  case: {
    kind: 'text',
    value: 'C',
    describe: 'make the sheet for this case',
    choices: ['jewel', 'dvd', 'bd', 'none'],
  },
  map: {
    kind: 'text',
    value: 'FILE',
    describe: 'write a map of the readable sectors, in the format of ddrescue',
  },
  erase: {
    kind: 'list',
    value: 'SERIAL',
    describe: 'erase the disk with this serial number; PATH:BYTES if it has none; repeatable',
  },
  bytes: { kind: 'text', value: 'N', describe: 'take this many bytes from stdin, or another pipe' },
  'no-verify': { kind: 'flag', describe: 'do not read back and compare' },
  'skip-unused': {
    kind: 'flag',
    describe: 'store only the used blocks of partitions that partclone knows; the others become zeros',
  },
  internal: { kind: 'flag', describe: 'also write to a disk inside of the machine that nothing uses' },
  'move-gpt': {
    kind: 'flag',
    describe: 'on a larger disk, move the backup of the partition table to its end',
  },
  save: {
    kind: 'text',
    value: 'IMAGE',
    describe: 'write a copy of the image or drive, with zeros for unreadable sectors',
  },
  record: { kind: 'text', value: 'DEST', describe: 'record the result in the catalog of this destination' },
  due: {
    kind: 'text',
    value: 'SPAN',
    describe: 'list copies not verified within this time: 90d, 6m or 1y',
  },
  'if-lost': {
    kind: 'list',
    value: 'DISCS',
    describe: 'show the files that would be lost with these discs, e.g. 3,4; repeatable',
  },
  salvage: { kind: 'flag', describe: 'also write damaged files, as NAME.butcher-damaged' },
  from: {
    kind: 'list',
    value: 'PLACE',
    describe: 'look for discs in this place if the destination does not have them; repeatable',
  },
  files: {
    kind: 'flag',
    describe: 'name the files that damaged blocks belong to, with debugfs or ntfscluster',
  },
  fill: {
    kind: 'text',
    value: 'HEX',
    describe: 'fill unused blocks with these bytes, e.g. ff (default: zeros, in a file as holes)',
  },
  'boot-sector-copy': {
    kind: 'flag',
    describe: 'add the copy of the NTFS boot sector that images of partclone and partimage lack',
  },
  'ignore-checksums': {
    kind: 'flag',
    describe: 'restore damaged blocks too, and name them (exit status 3)',
  },
  'used-only': { kind: 'flag', describe: 'leave the unused blocks of a device as they are' },
  'no-sum': { kind: 'flag', describe: 'compute no SHA-256 of the partition' },
  all: { kind: 'flag', describe: 'name every file, not only the first ones' },
  overwrite: { kind: 'flag', describe: 'replace a file that is in the way' },
  exact: { kind: 'flag', describe: 'match whole names and paths only, not parts of them' },
  'ignore-case': { kind: 'flag', describe: 'ignore the difference between upper and lower case' },
  plan: {
    kind: 'flag',
    describe: 'show the discs in reading order, with their places; write nothing',
  },
  wait: { kind: 'flag', describe: 'wait for missing discs, even without a terminal' },
  'cache-dir': {
    kind: 'text',
    value: 'DIR',
    describe: 'keep indexes and unpacked images in this directory (default: in ~/.cache/butcher)',
  },
  foreground: { kind: 'flag', describe: 'stay in the foreground, and write the log to stderr' },
  'allow-other': {
    kind: 'flag',
    describe: 'let other users read the mount; an ordinary user needs user_allow_other in /etc/fuse.conf',
  },
  log: {
    kind: 'text',
    value: 'FILE',
    describe: 'write the log of the mount to this file (default: in ~/.local/state/butcher)',
  },
  lazy: {
    kind: 'flag',
    describe: 'free the folder now; the mount ends when its last file is closed',
  },
  ...jobOptions,
  staging: {
    kind: 'text',
    value: 'SIZE',
    describe: 'for a set in a store: keep at most this much of its chunks in the cache (default: 4GB)',
  },
  bwlimit: {
    kind: 'text',
    value: 'B',
    describe:
      'for a set in a store: at most so many bytes a second, such as 10M, or a timetable: "08:00,512k 19:00,off"',
  },
  proof: {
    kind: 'text',
    value: 'P',
    describe: 'for a set in a store that makes no hashes: read every upload back, or compare its size only',
    choices: ['content', 'size'],
  },
  ...machineOptions,
  'dry-run': { kind: 'flag', describe: 'show the result of the command without writing anything' },
  jobs: { kind: 'text', value: 'N', describe: 'use N parallel jobs (default: number of CPU cores)' },
  json: { kind: 'flag', describe: 'print JSON lines on stdout' },
  quiet: { kind: 'flag', describe: 'print only problems' },
  'no-progress': { kind: 'flag', describe: 'show no progress bars' },
} as const satisfies Readonly<Record<string, OptionSpec>>

export type OptionName = keyof typeof options

export const optionSpec = (name: OptionName): OptionSpec => options[name]

export const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name)

/** The secrets that open a set. */
export const readingSecrets = ['passphrase', 'passphrase-file', 'passphrase-command', 'private-key'] as const
/** How a disk is written. */
export const deviceChoice = ['erase', 'no-verify', 'internal', 'move-gpt'] as const
export const pathChoice = ['include', 'exclude', 'exclude-from', 'filter'] as const
export const readingOptions = [...readingSecrets, 'index', 'bwlimit', 'json', 'quiet', 'no-progress'] as const
