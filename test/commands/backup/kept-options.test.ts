import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { beforeEach, expect, test } from 'vitest'
import { list } from '../../../src/commands/catalog/list.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { builtInOptions } from '../../../src/format/set-options.ts'
import { noise } from '../../support/sample-trees.ts'
import { tryProgram } from '../../support/tree.ts'
import { type BackupRun, passphrase, runBackup } from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()
const { write } = set

let folder: string
let source: string
let destination: string
/** A backup that kills itself when the packing begins: arguments of node. */
const killedBackup = [
  '--input-type=module',
  '--eval',
  `import { backup } from ${JSON.stringify(new URL('../../../src/index.ts', import.meta.url).href)}
const [source, destination, options] = process.argv.slice(1)
const report = ({ stage }) => stage === 'pack' && process.kill(process.pid, 'SIGKILL')
await backup({ source, destination, ...JSON.parse(options), report })`,
]

const catalog = (): string => path.join(destination, 'catalog.sqlite')

beforeEach(() => {
  ;({ folder, source, destination } = set)
  for (const name of ['keep', 'other']) fs.mkdirSync(path.join(source, name), { recursive: true })
  for (const name of ['keep/a.txt', 'keep/b.o', 'keep/c.log', 'keep/d.bin', 'other/e.txt']) write(name, name)
})

const notes = (run: BackupRun): string[] =>
  run.events.flatMap((event) => (event.type === 'note' ? [event.message] : []))

function files(): string[] {
  const db = new Database(catalog(), { readonly: true })
  try {
    return [...list(db).entries].filter(({ type }) => type === 'file').map((entry) => entry.path)
  } finally {
    db.close()
  }
}

const chosen = {
  medium: '3MB',
  chunkSizeBytes: 400_000,
  compress: 'gz',
  redundancy: 10,
  include: ['keep/'],
  exclude: ['*.o'],
  filter: '\\.(txt|log|o)$',
  oneFileSystem: true,
  indexPage: false,
} as const

const used = { ...builtInOptions, ...chosen, excludeFrom: ['*.log'] }

/** A first backup with all of the options; the file of patterns is gone afterwards. */
async function begin(secrets: { readonly passphrase?: string } = {}): Promise<BackupRun> {
  const patterns = path.join(folder, 'patterns')
  fs.writeFileSync(patterns, '# what programs write\n\n*.log\n')
  const run = await runBackup({ source, destination, ...chosen, excludeFrom: [patterns], ...secrets })
  fs.rmSync(patterns)
  return run
}

test('the next backup uses the options of the last one, and says nothing of them', async () => {
  expect((await begin()).options).toEqual(used)
  expect(files()).toEqual(['keep/a.txt'])
  write('keep/new.txt', 'new')
  for (const name of ['keep/new.o', 'keep/new.log', 'keep/new.bin', 'other/new.txt']) write(name, 'new')
  const next = await runBackup({ source, destination })
  expect(next.options).toEqual(used)
  expect({ notes: notes(next), told: next.told }).toEqual({ notes: [], told: [] })
  expect(next).toMatchObject({ filesNew: 1, filesUnchanged: 1, filesDeleted: 0, discs: [1] })
  expect(files()).toEqual(['keep/a.txt', 'keep/new.txt'])
  expect(fs.existsSync(path.join(destination, 'disc-0001/index.html'))).toBe(false)
  expect(fs.readdirSync(path.join(destination, 'disc-0001/chunks'))).toEqual([
    '00000001.tar.gz',
    '00000002.tar.gz',
  ])
})

test.each([{}, { passphrase }])(
  'a run killed before its first chunk keeps its options too: %j',
  async (secrets) => {
    await begin(secrets)
    const before = fs.readdirSync(path.join(destination, '.butcher')).toSorted()
    expect(before.filter((name) => name.startsWith('options'))).toEqual([])
    write('keep/new.txt', noise(300_000, 1))
    const killed = spawnSync(
      'node',
      [
        ...killedBackup,
        source,
        destination,
        JSON.stringify({ ...secrets, exclude: ['*.tmp'], chunkSizeBytes: 500_000 }),
      ],
      { encoding: 'utf8' },
    )
    expect({ signal: killed.signal, stderr: killed.stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
    expect(
      fs.existsSync(path.join(destination, `.butcher/options.json${secrets.passphrase ? '.gpg' : ''}`)),
    ).toBe(true)
    const next = await runBackup({ source, destination, ...secrets })
    expect(next.options).toEqual({ ...used, exclude: ['*.tmp'], chunkSizeBytes: 500_000 })
    expect(notes(next)).toEqual([])
    expect(fs.readdirSync(path.join(destination, '.butcher')).toSorted()).toEqual(before)
  },
)

test('a run that fails forgets its options', async () => {
  await begin()
  await expect(runBackup({ source, destination, include: ['mistyped'] })).rejects.toThrow('matches')
  expect((await runBackup({ source, destination })).options).toEqual(used)
})

test('an option of the call wins, is the new default, and the change is said in one line', async () => {
  await begin()
  const changed = await runBackup({
    source,
    destination,
    exclude: ['*.tmp'],
    filter: 'txt',
    chunkSizeBytes: 500_000,
  })
  expect(notes(changed)).toEqual([
    `--chunk-size is now 500 kB (was 400 kB); --exclude is now '*.tmp' (was '*.o'); --filter is now txt (was \\.(txt|log|o)$)`,
  ])
  const next = await runBackup({ source, destination })
  expect(next.options).toEqual({ ...used, exclude: ['*.tmp'], filter: 'txt', chunkSizeBytes: 500_000 })
  expect(notes(next)).toEqual([])
  const empty = await runBackup({ source, destination, exclude: [], excludeFrom: [] })
  expect(empty.options).toMatchObject({ exclude: [], excludeFrom: [], include: ['keep/'] })
})

test('another source is said', async () => {
  await runBackup({ source, destination, medium: '3MB' })
  const moved = path.join(folder, 'moved')
  fs.renameSync(source, moved)
  const run = await runBackup({ source: moved, destination })
  expect(notes(run)).toEqual([`the source is now ${moved} (was ${source})`])
})

test('the built-in defaults are what resetOptions starts from', async () => {
  await begin()
  const run = await runBackup({ source, destination, resetOptions: true, medium: '4MB' })
  expect(run.options).toEqual({ ...builtInOptions, medium: '4MB' })
  expect(files()).toHaveLength(5)
  expect((await runBackup({ source, destination })).options.exclude).toEqual([])
})

test('a disc that is closed for another medium or redundancy is named', async () => {
  write('big.bin', noise(1_500_000, 1))
  await runBackup({ source, destination, medium: '3MB' })
  const tried = await runBackup({ source, destination, medium: '5MB', dryRun: true })
  expect(notes(tried)).toEqual([
    expect.stringMatching(/^disc 1 \(5\d % full\) would be closed, because --medium is now 5MB$/),
  ])
  const kept = await runBackup({ source, destination })
  expect(notes(kept)).toEqual([])
  const other = await runBackup({ source, destination, medium: '5MB', exclude: ['*.o'] })
  expect(notes(other)).toEqual([
    expect.stringMatching(
      /^disc 1 \(5\d % full\) is closed, because --medium is now 5MB; --exclude is now '\*\.o' \(was not set\)$/,
    ),
  ])
  write('more.txt', 'more')
  expect(await runBackup({ source, destination })).toMatchObject({ discs: [2], options: { medium: '5MB' } })
  const parity = await runBackup({ source, destination, redundancy: 20 })
  expect(notes(parity)).toEqual([
    expect.stringMatching(/^disc 2 \(\d+ % full\) is closed, because --redundancy is now 20%$/),
  ])
})

test('the options are in the catalog of a disc, and in one that is made again from chunks', async () => {
  await begin()
  fs.cpSync(destination, path.join(folder, 'discs'), { recursive: true })
  const disc = path.join(folder, 'discs/disc-0001')
  const rebuilt = path.join(folder, 'rebuilt.sqlite')
  await rebuild({ from: [disc], catalog: rebuilt })
  for (const index of [path.join(disc, 'catalog.sqlite.bz2'), rebuilt]) {
    fs.rmSync(destination, { recursive: true, force: true })
    const run = await runBackup({ source, destination, index })
    expect(run).toMatchObject({ backup: 2, options: used, filesUnchanged: 1 })
  }
})

test('of two runs the later one counts for a catalog made again', async () => {
  await runBackup({ source, destination, medium: '3MB', exclude: ['*.o'] })
  write('later.txt', 'later')
  await runBackup({ source, destination, exclude: ['*.log'] })
  const rebuilt = path.join(folder, 'rebuilt.sqlite')
  await rebuild({ from: [destination], catalog: rebuilt })
  const [db, again] = [catalog(), rebuilt].map((file) => new Database(file, { readonly: true })) as [
    Database.Database,
    Database.Database,
  ]
  const options = `SELECT value FROM meta WHERE key = 'options'`
  const text = db.prepare(options).pluck().get()
  expect(again.prepare(options).pluck().get()).toBe(text)
  expect(JSON.parse(text as string)).toMatchObject({ medium: '3MB', exclude: ['*.log'] })
  db.close()
  again.close()
})

test('a run that goes on uses the options that the stopped one began with', async () => {
  write('keep/big.txt', noise(2_000_000, 2))
  await begin()
  write('keep/more.txt', noise(2_000_000, 3))
  const stop = new AbortController()
  const given = { chunkSizeBytes: 300_000, exclude: ['*.tmp'], compress: 'none' } as const
  const stopped = runBackup({ source, destination, ...given, signal: stop.signal }, (event) => {
    if (event.type === 'chunk') stop.abort()
  })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  const run = await runBackup({ source, destination })
  expect(run).toMatchObject({ backup: 2, complete: true, options: { ...used, ...given } })
  expect(notes(run)).toEqual([])
})

test('an encrypted set keeps its options, and none of them can be read without the passphrase', async () => {
  const secret = 'Kryptonite'
  await runBackup({
    source,
    destination,
    medium: '3MB',
    exclude: [secret],
    filter: `^(?!${secret})`,
    passphrase,
  })
  expect(tryProgram('grep', ['-rlaF', secret, destination]).stdout.toString()).toBe('')
  const run = await runBackup({ source, destination, passphrase })
  expect(run.options).toMatchObject({ medium: '3MB', exclude: [secret] })
})

test('a set that recorded no options goes on with medium and redundancy of its newest disc', async () => {
  await runBackup({ source, destination, medium: '3MB', redundancy: 10 })
  const db = new Database(catalog())
  db.exec(`DELETE FROM meta WHERE key = 'options'`)
  db.close()
  write('new.txt', 'new')
  const run = await runBackup({ source, destination })
  expect(run).toMatchObject({ discs: [1], options: { ...builtInOptions, medium: '3MB', redundancy: 10 } })
  expect(notes(run)).toEqual([])
})

test('options that a catalog says wrongly are the built-in ones', async () => {
  await runBackup({ source, destination, medium: '3MB' })
  for (const wrong of [
    '{"medium":7,"chunk_size":-1,"include":[3],"redundancy":"x","compress":"toString"}',
    'x',
    '[]',
  ]) {
    const db = new Database(catalog())
    db.prepare(`UPDATE meta SET value = ? WHERE key = 'options'`).run(wrong)
    db.close()
    const { options } = await runBackup({ source, destination })
    expect(options).toEqual({ ...builtInOptions, medium: options.medium })
  }
})
