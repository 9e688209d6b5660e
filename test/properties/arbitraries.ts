/** Random lives of a tree, and random options of the backups made of it. */

import * as fc from 'fast-check'
import type { BackupOptions } from '../../src/commands/backup/backup-options.ts'
import { pathFromBytes } from '../../src/format/path-text.ts'
import { oddNames } from '../support/sample-trees.ts'
import type { Edit, Node, Size } from './edits.ts'

/**
 * One backup: what is done to the source before, how it is called, and whether the discs are moved away after
 * it.
 */
export interface Step {
  readonly edits: readonly Edit[]
  readonly options: Pick<
    BackupOptions,
    'compress' | 'chunkSizeBytes' | 'medium' | 'jobs' | 'full' | 'maxDiscs'
  >
  readonly burned: boolean
  /** Of several sources the one that is away during the backup. */
  readonly away: number | undefined
}

export interface Life {
  readonly encrypted: boolean
  readonly hash: 'sha256' | 'sha512'
  /** Of several sources; none: a single one, without a name. */
  readonly names: readonly string[]
  readonly steps: readonly Step[]
}

const hostileNames = [
  ...oddNames,
  '.butcher',
  '_butcher',
  '.butcherx',
  'b.butcher-part-00001-of-00001',
  'a.butcher-part-00001-of-00002',
  '.butcher-part-00002-of-00002',
  'catalog.sqlite',
  '...',
  '..a',
  'A',
  '\ufeffbom',
  '\ufffd',
  '\u2028',
  '%s%n',
  '\x1b[2J',
  '\r',
  'é',
  'e\u0301',
  '😀'.repeat(63),
  'ü'.repeat(127),
  `${'y'.repeat(199)}.butcher-part-00001-of-00002`,
  // bytes of a surrogate, of a zero in two bytes, of a sequence cut off, of one above U+10FFFF
  '\udced\udca0\udc80',
  '\udcc0\udc80',
  '\udce2\udc82',
  '\udcf4\udc90\udc80\udc80',
  '\udc80'.repeat(255),
]

const bytesName = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) =>
    pathFromBytes(Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte)))),
  )
const textName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((text) => text.replace(/[\0/]/g, '_'))
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 255)

/** Mostly from a few, so that edits meet. */
const name = fc
  .oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'a.b', 'a-') },
    { weight: 3, arbitrary: fc.constantFrom(...hostileNames) },
    { weight: 1, arbitrary: bytesName },
    { weight: 1, arbitrary: textName },
  )
  // A .butcherignore would leave out what the comparison expects.
  .filter((text) => text !== '.' && text !== '..' && text !== '.butcherignore')

const size: fc.Arbitrary<Size> = fc.oneof(
  fc.record({ unit: fc.constant('byte' as const), count: fc.nat(3000), delta: fc.constant(0) }),
  fc.record({
    unit: fc.constantFrom('block', 'head', 'chunk'),
    count: fc.nat(3),
    delta: fc.integer({ min: -1, max: 1 }),
  }),
)

/** Few, so that contents meet, and contents that begin the same. */
const seed = fc.nat(3)
const holes = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3))
const mode = fc.oneof(fc.constantFrom(0o644, 0o600, 0o755), fc.nat(0o7777))

const second = 1_000_000_000n
const time = fc.oneof(
  fc.bigInt(-(2n ** 31n) * second, 2n ** 33n * second),
  fc.constantFrom(0n, -1n, 1n, second - 1n, -second, 2n ** 31n * second, 2n ** 32n * second + 5n),
)

const target = fc.oneof(
  name,
  name.map((text) => `../${text}/..//.`),
  fc.constantFrom('/', '/dev/null', 'x'.repeat(4095)),
)

const node: fc.Arbitrary<Node> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('file' as const), size, seed, mode, holes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('dir' as const), mode }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('symlink' as const), target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fifo' as const), mode }) },
)

const at = fc.nat(50)
const id = fc.constantFrom(0, 1000, 12_345, 2 ** 21, 2 ** 32 - 2)

const makeEdit = fc.record({ do: fc.constant('make' as const), folder: at, name, node })
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: makeEdit },
  fc.record({ do: fc.constant('retype' as const), at, node }),
  fc.record({ do: fc.constant('write' as const), at, size, seed }),
  fc.record({ do: fc.constant('flip' as const), at, byte: fc.nat(1_000_000) }),
  fc.record({ do: fc.constant('touch' as const), at, time }),
  fc.record({ do: fc.constant('chmod' as const), at, mode }),
  fc.record({ do: fc.constant('chown' as const), at, uid: id, gid: id }),
  fc.record({ do: fc.constantFrom('move', 'copy', 'link'), at, folder: at, name }),
  fc.record({ do: fc.constant('remove' as const), at }),
  fc.record({
    do: fc.constant('attribute' as const),
    at,
    name: fc.constantFrom('user.a', 'user.b', 'user.100%=ü'),
    value: fc.uint8Array({ maxLength: 300 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
  }),
  fc.record({
    do: fc.constant('acl' as const),
    at,
    entry: fc.constantFrom('u:1234:rw-', 'g:4321:r-x', 'u:1234:---,m::r-x'),
  }),
)

const options = fc.record(
  {
    compress: fc.constantFrom('auto', 'bz2', 'gz', 'zstd', 'xz', 'none'),
    chunkSizeBytes: fc.constantFrom(1000, 20_000, 65_536, 200_000, 1_000_000),
    medium: fc.constantFrom('unlimited', '800kB', '1500kB', '5MB'),
    jobs: fc.integer({ min: 1, max: 3 }),
    full: fc.boolean(),
    maxDiscs: fc.integer({ min: 1, max: 2 }),
  },
  { requiredKeys: ['jobs', 'chunkSizeBytes', 'medium'] },
)

export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(edit, { maxLength: 8 })
export const firstEdits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: makeEdit }, edit),
  { minLength: 1, maxLength: 14 },
)

const step: fc.Arbitrary<Step> = fc.record({
  edits,
  options,
  burned: fc.boolean(),
  away: fc.option(fc.nat(2), { nil: undefined, freq: 2 }),
})
const firstStep: fc.Arbitrary<Step> = fc.record({
  edits: firstEdits,
  options,
  burned: fc.boolean(),
  away: fc.constant(undefined),
})

export const life: fc.Arbitrary<Life> = fc.record({
  encrypted: fc.boolean(),
  hash: fc.constantFrom('sha256', 'sha512'),
  names: fc.oneof(fc.constant([]), fc.uniqueArray(name, { minLength: 2, maxLength: 3 })),
  steps: fc.tuple(firstStep, fc.array(step, { maxLength: 4 })).map(([first, more]) => [first, ...more]),
})
