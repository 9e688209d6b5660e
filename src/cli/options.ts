/** Every option of the command line: one name means the same thing wherever it is taken. */

interface OptionSpec {
  /** A `list` may be given several times; a `flag` takes no value. */
  readonly kind: 'text' | 'list' | 'flag'
  readonly describe: string
  /** What the value is called in the help. */
  readonly value?: string
  readonly choices?: readonly string[]
  readonly mayBeEmpty?: boolean
  /** Of a `list`: it takes two words each time, and its values come in pairs. */
  readonly takesTwo?: boolean
}

export const options = {
  passphrase: {
    kind: 'text',
    value: 'P',
    describe: 'symmetric OpenPGP; other users may see it in the list of processes',
    mayBeEmpty: true,
  },
  'passphrase-file': { kind: 'text', value: 'F', describe: 'the passphrase is the first line of this file' },
  encrypt: { kind: 'flag', describe: 'encrypt; asks for the passphrase on the terminal' },
  recipient: {
    kind: 'list',
    value: 'KEY',
    describe: 'encrypt to this OpenPGP public key (a file); repeatable',
  },
  'private-key': { kind: 'text', value: 'KEY', describe: 'the OpenPGP private key to read with (a file)' },
  index: { kind: 'text', value: 'FILE', describe: 'go by this catalog instead of the one found' },
  name: { kind: 'text', value: 'TEXT', describe: 'a name for this backup', mayBeEmpty: true },
  medium: {
    kind: 'text',
    value: 'M',
    describe: 'cd, dvd, dvd-dl, bd25 (default), bd50, bd100, bd128, unlimited, or a size (650MB, 4.7GiB)',
  },
  'chunk-size': { kind: 'text', value: 'S', describe: 'source bytes a chunk gathers (default 1GB)' },
  'max-discs': {
    kind: 'text',
    value: 'N',
    describe: 'stage at most N discs, then stop; the same command goes on',
  },
  redundancy: {
    kind: 'text',
    value: 'P',
    describe: 'so much of each disc is parity against damage: 10% (default none; an open disc keeps its own)',
  },
  compress: {
    kind: 'text',
    value: 'C',
    describe: 'auto (default) compresses with bz2 what gains by it',
    choices: ['auto', 'bz2', 'gz', 'zstd', 'xz', 'none'],
  },
  hash: {
    kind: 'text',
    value: 'H',
    describe: 'how files are hashed (default sha256)',
    choices: ['sha256', 'sha512'],
  },
  include: { kind: 'list', value: 'G', describe: 'only paths that match this pattern; repeatable' },
  exclude: { kind: 'list', value: 'G', describe: 'no paths that match this gitignore pattern; repeatable' },
  'exclude-from': {
    kind: 'list',
    value: 'F',
    describe: 'patterns to exclude, one a line of this file; repeatable',
  },
  filter: { kind: 'text', value: 'REGEX', describe: 'only files whose path matches this regular expression' },
  'one-file-system': { kind: 'flag', describe: "stay on the source's file system" },
  'no-index-page': {
    kind: 'flag',
    describe: 'no index.html on the discs (an encrypted set has none anyway)',
  },
  'reset-options': {
    kind: 'flag',
    describe: 'start from the built-in defaults, not from the options of the last backup',
  },
  full: { kind: 'flag', describe: 'store everything again, whatever earlier backups hold' },
  at: { kind: 'text', value: 'N|DATE', describe: 'which backup (default the newest)' },
  'new-disc': { kind: 'flag', describe: 'begin another disc, and seal the one that has room left' },
  'replace-disc': {
    kind: 'list',
    value: 'DISC',
    describe: 'a disc is lost: store again, from the source, what only it holds; repeatable',
  },
  locate: {
    kind: 'list',
    value: 'DISC PLACE',
    takesTwo: true,
    describe: `record where a disc is kept: --locate 3 "shelf B"; repeatable`,
  },
  lost: { kind: 'list', value: 'DISC', describe: 'record that a disc, or a copy of it, is lost; repeatable' },
  found: { kind: 'list', value: 'DISC', describe: 'record that a lost disc is back; repeatable' },
  device: {
    kind: 'list',
    value: 'D',
    describe:
      'the drive, /dev/sr0; to read, repeatable; to burn, also stdio:FILE, %d the disc and %c the copy',
  },
  copies: { kind: 'text', value: 'N', describe: 'how many good copies each disc is to have (default 1)' },
  speed: { kind: 'text', value: 'S', describe: 'burn at this speed: 4, 8x, 2000k (default the fastest)' },
  spares: { kind: 'flag', describe: 'give a blank BD-R spare blocks first: safer, half as fast, less room' },
  blank: { kind: 'flag', describe: 'agree to the erasing of rewritable discs that are not blank' },
  'remove-staged': {
    kind: 'flag',
    describe: 'remove folder and image of a disc once all copies are burned and verified',
  },
  follow: {
    kind: 'text',
    value: 'SRC',
    describe: 'back up this directory disc by disc: stage one, burn it, remove it, until all is stored',
  },
  copy: { kind: 'text', value: 'N', describe: 'which copy of the disc is meant' },
  out: { kind: 'text', value: 'FILE', describe: 'the file to write, .pdf or .svg (default labels.pdf)' },
  title: { kind: 'text', value: 'TEXT', describe: 'what it says in large letters', mayBeEmpty: true },
  case: {
    kind: 'text',
    value: 'C',
    describe: 'the sheet for which case (default jewel)',
    choices: ['jewel', 'dvd', 'bd', 'none'],
  },
  map: { kind: 'text', value: 'FILE', describe: 'write down which sectors can be read, as ddrescue does' },
  save: {
    kind: 'text',
    value: 'IMAGE',
    describe: 'write a copy of the image or drive, zeros for what cannot be read',
  },
  record: { kind: 'text', value: 'DEST', describe: 'keep the result in the catalog of this destination' },
  due: {
    kind: 'text',
    value: 'SPAN',
    describe: 'what was not read through and found sound for so long: 90d, 6m, 1y',
  },
  'if-lost': {
    kind: 'list',
    value: 'DISCS',
    describe: 'which files would be gone without these discs: 3,4; repeatable',
  },
  salvage: { kind: 'flag', describe: 'write damaged files, too, as NAME.butcher-damaged' },
  from: {
    kind: 'list',
    value: 'PLACE',
    describe: 'where discs are that are not in the destination; repeatable',
  },
  all: { kind: 'flag', describe: 'name every file, not only the first ones' },
  overwrite: { kind: 'flag', describe: 'replace a file that is in the way' },
  'ignore-case': { kind: 'flag', describe: 'take upper and lower case for the same' },
  plan: {
    kind: 'flag',
    describe: 'say which discs would be read, in which order, and where they are; write nothing',
  },
  wait: { kind: 'flag', describe: 'wait for discs that are missing, also without a terminal' },
  'dry-run': { kind: 'flag', describe: 'say what would be done; write nothing' },
  jobs: { kind: 'text', value: 'N', describe: 'how much is done side by side (default: the cores)' },
  json: { kind: 'flag', describe: 'JSON lines on stdout' },
  quiet: { kind: 'flag', describe: 'tell only of problems' },
  'no-progress': { kind: 'flag', describe: 'no progress bars' },
} as const satisfies Readonly<Record<string, OptionSpec>>

export type OptionName = keyof typeof options

export const optionSpec = (name: OptionName): OptionSpec => options[name]

export const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name)

/** What opens a set. */
export const readingSecrets = ['passphrase', 'passphrase-file', 'private-key'] as const
export const pathChoice = ['include', 'exclude', 'exclude-from', 'filter'] as const
export const readingOptions = [...readingSecrets, 'index', 'json', 'quiet', 'no-progress'] as const
