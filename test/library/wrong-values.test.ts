/**
 * Every exported function, every field of its options, every kind of wrong value: refused before anything is
 * written.
 */

import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { ButcherError } from '../../src/index.ts'
import type * as library from '../../src/index.ts'
import { cli, lastLine } from '../cli/cli.ts'
import { fingerprint, scratchFolder } from '../support/backup-set.ts'
import { call, makeWorld, optionsOf, type Verb, verbs } from './calls.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
beforeAll(() => makeWorld(scratch.folder))

const url = new URL('file:///tmp/x')
const bytes = Buffer.from('/tmp/x')
const texts = ['', 'a\0b', 1, NaN, null, true, [], ['a'], {}, bytes, url, 1n, Symbol('a')]
const wholes = [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, '1', '', null, true, [1], {}, 1n, new Date()]
const noLists = ['x', '', 1, NaN, null, true, {}, new Set(['x']), bytes, url, { length: 1, 0: 'x' }]
const locates = [[null], [1], [{}], [{ discs: [1] }], [{ place: 'x' }], [{ discs: 1, place: 'x' }],
  [{ discs: [0], place: 'x' }], [{ discs: [1], place: '' }], [{ discs: [1], place: 'x'.repeat(1001) }], [{ discs: [1], place: 'x', more: 1 }]] // prettier-ignore
const sparesLocates = [
  [{ discs: [1], place: 'x' }],
  [{ spares: ['1'], place: 'x' }],
  [{ spares: [1], place: null }],
]

/** Wrong values by what a field takes. */
const wrong = {
  path: texts,
  placeOrPlaces: [...texts.filter((value) => !Array.isArray(value)), [], [''], [1]],
  sources: [...texts.filter((value) => !Array.isArray(value)), [], [''], [1], ['/tmp', bytes]],
  names: [[], ...noLists, ...texts.map((value) => [value]), [undefined], Array(1)],
  text: texts,
  line: [...texts, 'x'.repeat(1001), 'é'.repeat(501)],
  anyText: texts.filter((value) => value !== ''),
  passphrase: ['', 1, NaN, null, true, [], {}, bytes],
  medium: [...texts, `${'0'.repeat(9000)}10MB`, 'floppy', '-1', '0', 'NaN', '1 apple'],
  speed: [...texts, 'fast', '-1'],
  span: [...texts, '0d', '7', 'd', '7 days', '1d1y'],
  zone: [...texts, 'Nowhere/None', '+25:00'],
  expression: [...texts, '(', '['],
  date: [new Date(NaN), '2026-01-01', 0, null, {}],
  whole: wholes,
  bytes: [-1, 1.5, NaN, Infinity, '1', null, true, [1], {}, 1n],
  share: [-1, 0.5, 50.1, NaN, Infinity, '10', '10%', null, true, [10]],
  hex: [...texts, 'f', 'xy', '0x00', 'ff'.repeat(5000)],
  flag: ['true', '', 1, 0, null, {}, []],
  fn: ['f', {}, null, 1, true, []],
  signal: [{}, { aborted: true }, null, true, new AbortController()],
  paths: [...noLists, ...texts.map((value) => [value]), [undefined], Array(1)],
  filledPaths: [[], ...noLists, ...texts.map((value) => [value]), ['/tmp', bytes]],
  wholes: [...noLists, ...wholes.map((value) => [value]), [1, NaN], new Uint8Array([1])],
  filledWholes: [[], ...noLists, ...wholes.map((value) => [value])],
  compress: [...texts, 'zip', 'BZ2'],
  hash: [...texts, 'md5', 'SHA256', 'toString'],
  sum: [...texts, 'sha512', 'SHA256'],
  case: [...texts, 'paper'],
  locate: [...noLists, ...locates],
  locateSpares: [...noLists, ...sparesLocates],
  options: [null, 1, 'x', [], true, bytes],
  store: [
    null,
    1,
    'x',
    [],
    { stagingBytes: 0 },
    { bandwidth: '' },
    { bandwidth: 'fast' },
    { proof: 'none' },
    { more: 1 },
  ],
} as const satisfies Readonly<Record<string, readonly unknown[]>>

type Takes = keyof typeof wrong
type OptionsOf<Name extends Verb> = Parameters<(typeof library)[Name]>[0]
type Table<Of> = {
  readonly [Field in keyof Of]-?: Takes | 'needed path' | 'needed filledPaths' | `needed ${Takes}`
}

const secrets = { passphrase: 'passphrase', recipients: 'paths', privateKey: 'text' } as const
const runs = { report: 'fn', signal: 'signal' } as const
const places = { ...secrets, ...runs, from: 'needed filledPaths', index: 'path', store: 'store' } as const
const reads = { ...places, forgotten: 'flag' } as const
const changes = {
  ...secrets,
  ...runs,
  destination: 'needed path',
  index: 'path',
  hash: 'hash',
  jobs: 'whole',
} as const
const paths = { include: 'paths', exclude: 'paths', excludeFrom: 'paths', filter: 'expression' } as const
const burnTable: Table<library.BurnOptions> = {
  ...changes, discs: 'wholes', device: 'placeOrPlaces', copies: 'whole', speed: 'speed', spares: 'flag', blank: 'flag',
  removeStaged: 'flag', loadCommand: 'text', unloadCommand: 'text', requestBlank: 'fn', requestReload: 'fn', confirmErase: 'fn', onCopy: 'fn',
} // prettier-ignore
const backupTable: Table<library.BackupOptions> = {
  ...changes, ...paths, source: 'needed sources', as: 'names', name: 'line', medium: 'medium', chunkSizeBytes: 'whole', maxDiscs: 'whole', countStaged: 'flag',
  redundancy: 'share', compress: 'compress', oneFileSystem: 'flag', indexPage: 'flag', piecesFromBytes: 'bytes', asPartition: 'flag', resetOptions: 'flag', full: 'flag',
  replaceDiscs: 'wholes', newDisc: 'flag', dryRun: 'flag', signalNow: 'signal', store: 'store', planJobs: 'line', queue: 'line', workerKey: 'line', sourceMap: 'paths',
} // prettier-ignore

/** A field that is missing here is an error of the compiler. */
const tables: { readonly [Name in Verb]: Table<OptionsOf<Name>> } = {
  backup: backupTable,
  burn: burnTable,
  planBurn: burnTable,
  follow: { backup: 'needed options', burn: 'needed options', onBackup: 'fn' },
  makeImages: { ...changes, discs: 'wholes', spares: 'wholes', onImage: 'fn' },
  makeSpare: { ...changes, discs: 'needed filledWholes', from: 'paths', requestDisc: 'fn' },
  noteDiscs: { ...changes, store: 'store', locate: 'locate', lost: 'wholes', found: 'wholes', locateSpares: 'locateSpares', lostSpares: 'wholes', copy: 'whole' }, // prettier-ignore
  forget: {
    ...changes, store: 'store', keepLast: 'whole', keepHourly: 'whole', keepDaily: 'whole', keepWeekly: 'whole', keepMonthly: 'whole', keepYearly: 'whole',
    keepWithin: 'span', zone: 'zone', backups: 'wholes', undo: 'wholes', force: 'flag', dryRun: 'flag',
  }, // prettier-ignore
  prune: { ...changes, store: 'store', dryRun: 'flag' },
  pin: { ...changes, store: 'store', backups: 'needed filledWholes' },
  unpin: { ...changes, store: 'store', backups: 'needed filledWholes' },
  rebuild: { ...secrets, ...runs, store: 'store', from: 'needed filledPaths', catalog: 'needed path', overwrite: 'flag', jobs: 'whole' }, // prettier-ignore
  recover: {
    ...runs,
    disc: 'needed whole',
    from: 'needed filledPaths',
    out: 'needed path',
    requestDisc: 'fn',
  },
  backupDevice: { ...runs, device: 'needed path', image: 'needed path', hash: 'sum', map: 'path', skipUnused: 'flag', jobs: 'whole' }, // prettier-ignore
  restoreDevice: { ...runs, image: 'needed path', devices: 'needed filledPaths', erase: 'paths', confirm: 'fn', bytes: 'whole', verify: 'flag', internal: 'flag', moveGpt: 'flag' }, // prettier-ignore
  partitionInfo: { ...runs, image: 'needed path' },
  clonezillaInfo: { ...runs, folder: 'needed path' },
  checkPartition: { ...runs, image: 'needed path', files: 'flag', onDamage: 'fn', onFile: 'fn' },
  restorePartition: { ...runs, image: 'needed path', out: 'needed path', fill: 'hex', bootSectorCopy: 'flag', ignoreChecksums: 'flag', usedOnly: 'flag', noSum: 'flag', overwrite: 'flag', erase: 'paths', confirm: 'fn', verify: 'flag', internal: 'flag' }, // prettier-ignore
  repair: { ...runs, disc: 'needed path', out: 'needed path', jobs: 'whole' },
  restore: { ...secrets, ...runs, ...paths, store: 'store', from: 'needed filledPaths', destination: 'needed path', index: 'path', at: 'text', forgotten: 'flag', overwrite: 'flag', dryRun: 'flag', salvage: 'flag', jobs: 'whole', requestDisc: 'fn', devices: 'paths' }, // prettier-ignore
  verify: { ...places, mustOpen: 'flag', save: 'path', map: 'path', record: 'path', copy: 'whole', onFile: 'fn', onLoss: 'fn' }, // prettier-ignore
  list: { ...reads, ...paths, at: 'text', path: 'text', onEntry: 'fn' },
  find: { ...reads, pattern: 'needed text', ignoreCase: 'flag', onFound: 'fn' },
  diff: { ...reads, older: 'text', newer: 'text', onChange: 'fn' },
  log: reads,
  discs: reads,
  dueDiscs: { ...reads, before: 'needed date' },
  ifLost: { ...reads, lost: 'needed filledWholes' },
  label: { ...reads, discs: 'wholes', copy: 'whole', out: 'needed path', title: 'anyText', case: 'case', overwrite: 'flag' }, // prettier-ignore
  makeIndex: { ...reads, out: 'needed path', overwrite: 'flag' },
}

type Options = Readonly<Record<string, unknown>>

/** What is not right about how the call ended; undefined of a `usage` error in the words of the library. */
async function complaint(verb: Verb, options: unknown, field: string): Promise<string | undefined> {
  try {
    await call(verb, options as Options)
    return 'was accepted'
  } catch (error) {
    if (!(error instanceof ButcherError)) return `no ButcherError: ${String(error)}`
    if (error.code !== 'usage') return `${error.code}: ${error.message}`
    if (!error.message.includes(field)) return `does not name it: ${error.message}`
    return /--|\0/.test(`${error.message}${error.hint ?? ''}`) ? `other words: ${error.message}` : undefined
  }
}

async function complaints(
  verb: Verb,
  table: Readonly<Record<string, string>>,
  good: Options,
  put: (options: Options) => unknown,
): Promise<string[]> {
  const found: string[] = []
  const look = async (what: string, options: Options, field: string): Promise<void> => {
    const told = await complaint(verb, put(options), field)
    if (told !== undefined) found.push(`${what}: ${told}`)
  }
  for (const [field, takes] of Object.entries(table)) {
    const kind = takes.replace('needed ', '') as Takes
    for (const value of wrong[kind])
      await look(
        `${field} ${String(typeof value)} ${JSON.stringify(value, plain)}`,
        { ...good, [field]: value },
        field,
      )
    const { [field]: _, ...rest } = good
    if (takes.startsWith('needed ')) {
      await look(`no ${field}`, rest, field)
      await look(`${field} undefined`, { ...rest, [field]: undefined }, field)
    }
  }
  await look('an unknown field', { ...good, nothingOfIt: 1 }, 'nothingOfIt')
  return found
}

const plain = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : value

describe.each(verbs)('%s', (verb) => {
  test('wrong values are refused by name, and nothing is written', async () => {
    const before = fingerprint(scratch.folder)
    const good = optionsOf(scratch.folder)[verb]
    expect(await complaints(verb, tables[verb], good, (options) => options)).toEqual([])
    for (const options of [undefined, null, 1, 'x', [], bytes])
      expect(await complaint(verb, options, verb)).toBe(undefined)
    expect(fingerprint(scratch.folder)).toEqual(before)
  })
})

test('follow looks into both of its parts, which are of one destination', async () => {
  const before = fingerprint(scratch.folder)
  const good = optionsOf(scratch.folder).follow as { readonly backup: Options; readonly burn: Options }
  const { maxDiscs: _m, countStaged: _c, dryRun: _d, ...ofBackup } = backupTable
  const { discs: _s, removeStaged: _r, ...ofBurn } = burnTable
  expect(await complaints('follow', ofBackup, good.backup, (backup) => ({ ...good, backup }))).toEqual([])
  expect(await complaints('follow', ofBurn, good.burn, (burn) => ({ ...good, burn }))).toEqual([])
  const elsewhere = { ...good, burn: { ...good.burn, destination: path.join(scratch.folder, 'other') } }
  expect(await complaint('follow', elsewhere, 'burn.destination')).toBe(undefined)
  expect(fingerprint(scratch.folder)).toEqual(before)
})

test('a secret of a wrong kind is not shown', async () => {
  const good = optionsOf(scratch.folder).log
  for (const value of [
    { passphrase: ['pssst'] },
    { privateKey: 'pssst\0' },
    { recipients: ['pssst\0'] },
    { passphrase: 4711 },
  ])
    await expect(call('log', { ...good, ...value })).rejects.toThrow(/^log: (?!.*(?:pssst|4711))/)
})

longTest('the command line says the same in its own words', () => {
  const of = (...words: string[]): string | undefined => lastLine(cli(words).stderr)
  expect(of('backup', 'a', 'b', '--redundancy', '60')).toBe(
    'error: --redundancy must be 0, or a number from 1 to 50, not 60',
  )
  expect(of('burn', 'a', '--speed', 'fast')).toBe(
    "error: --speed must be a speed like 4, 8x or 2000k, not 'fast'",
  )
  expect(of('restore', 'a', 'b', '--filter', '(')).toMatch(
    /^error: --filter must be a regular expression, not '\('/,
  )
})

longTest('what is as long as it may be is kept, and the catalog is opened again', async () => {
  const { backup } = optionsOf(scratch.folder)
  const long = 'é'.repeat(500)
  const into = path.join(scratch.folder, 'long')
  await call('backup', { ...backup, destination: into, name: long, medium: `${'0'.repeat(900)}2MB` })
  await call('makeImages', { destination: into })
  for (let copy = 1; copy <= 12; copy++)
    await call('noteDiscs', { destination: into, locate: [{ discs: [1], place: long }], copy })
  expect(await call('log', { from: [into] })).toMatchObject([{ name: long }])
  expect(await call('discs', { from: [into] })).toMatchObject({
    discs: [{ copies: Array.from({ length: 12 }, () => ({ location: long })) }, {}],
  })
})
