import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { longTest, rows } from '../support/rows.ts'
import { differences } from '../support/plant-tree.ts'
import { noise } from '../support/sample-trees.ts'
import { makeSet } from '../support/make-set.ts'
import { makeHandSet, storedElsewhere, type HandSet } from './hand-set.ts'
import {
  handPath,
  harmful,
  makeKey,
  plantStartupFiles,
  runBash,
  shortFolder,
  stopAgent,
} from './hand-tools.ts'
import { documentBlocks, documentScript, readmeScripts } from './shell-blocks.ts'

const base = shortFolder()
const withSqlite = handPath(path.join(base, 'bin'), ['sqlite3', 'setfattr'])
const without = handPath(path.join(base, 'bin-plain'))
const passphrase = 'correct hörse'
const kinds = rows(['open', 'locked'], [1])
const sets = new Map<string, HandSet>()

beforeAll(async () => {
  for (const kind of kinds)
    sets.set(kind, await makeHandSet(path.join(base, kind), kind === 'locked' ? { passphrase } : {}))
})

afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

let homes = 0
/** A home as the document wants it: the discs, and a file with the passphrase. */
function newHome(destination: string, secret?: string): string {
  const home = path.join(base, `h${++homes}`)
  fs.mkdirSync(home)
  plantStartupFiles(home)
  fs.symlinkSync(destination, path.join(home, 'discs'))
  if (secret !== undefined) fs.writeFileSync(path.join(home, 'passphrase.txt'), `${secret}\n`)
  return home
}

const begin = ['Preparations', 'Opening a chunk'] as const
const catalog = [...begin, 'The catalog'] as const
const everything = [
  'Everything',
  'Files in parts',
  'Links',
  'Is it all there, and right?',
  'Extended attributes and ACLs',
  'Modes and times',
  'Afterwards',
] as const
const follow = (home: string, headings: readonly string[], bin = withSqlite): ReturnType<typeof runBash> =>
  runBash(bin, ['-c', documentScript(headings)], { cwd: home, env: { ...harmful, HOME: home } })

test('every block of the document is run by one of these tests', () => {
  const run = new Set<string>([
    ...catalog,
    ...everything,
    'A set that is encrypted to keys',
    'An older backup',
    'One file',
    'Without sqlite3',
    'A disc with parity',
    'A chunk that stays damaged',
  ])
  expect(
    documentBlocks()
      .map((block) => block.heading)
      .filter((heading) => !run.has(heading)),
  ).toEqual([])
})

describe.each(kinds)('a set that is %s', (kind) => {
  const set = (): HandSet => sets.get(kind) as HandSet
  const home = (): string => newHome(set().destination, kind === 'locked' ? passphrase : undefined)

  test('everything', () => {
    const at = home()
    const done = follow(at, [...catalog, ...everything])
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(done.stdout).not.toMatch(/not sound|not right|damaged|FAILED/)
    expect(differences(set().states[2] as string, path.join(at, 'restored'), '-rlptHDAXJnc')).toMatch(
      /^(\.d\S+ \.\/\n)?$/,
    )
    expect(fs.existsSync(path.join(at, 'restore-work'))).toBe(false)
  })

  longTest('an older backup', () => {
    const at = home()
    expect(follow(at, [...catalog, 'An older backup', ...everything])).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(differences(set().states[1] as string, path.join(at, 'restored-2'), '-rlHDnc')).toBe('')
  })

  test('one file', () => {
    const at = home()
    const done = follow(at, [...catalog, 'One file'])
    expect(done).toMatchObject({ status: 0, stderr: '' })
    const source = path.join(set().states[2] as string, 'photos/beach.jpg')
    expect(fs.readFileSync(path.join(at, 'restored/beach.jpg')).equals(fs.readFileSync(source))).toBe(true)
    const [said, computed] = done.stdout.trimEnd().split('\n').slice(-2)
    expect(computed?.split(' ')[0]).toBe(said)
  })

  longTest('one file that is in parts', () => {
    const at = home()
    const script = documentScript([...catalog, 'One file']).replace(
      'photos/beach.jpg',
      'videos/copy of holiday.mp4',
    )
    expect(runBash(withSqlite, ['-c', script], { cwd: at, env: { HOME: at } })).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(fs.readFileSync(path.join(at, 'restored/copy of holiday.mp4')).equals(noise(170_000, 23))).toBe(
      true,
    )
  })

  test('without sqlite3', () => {
    const at = home()
    const done = follow(at, [...begin, 'Without sqlite3'], without)
    expect(done).toMatchObject({ status: 0, stderr: '' })
    const all = path.join(at, 'restored-all')
    const last = set().states[2] as string
    // Of what was stored where it is now nothing is missing, and nothing of it is different.
    const lines = differences(last, all, '-rlDnc').split('\n')
    expect(
      lines.filter((line) => line !== '' && !line.startsWith('*deleting') && !storedElsewhere.test(line)),
    ).toEqual([])
    const stored = ['videos/holiday.mp4', 'videos/copy of holiday.mp4'].map((name) => path.join(all, name))
    expect(
      stored.some((file) => fs.existsSync(file) && fs.readFileSync(file).equals(noise(170_000, 23))),
    ).toBe(true)
    expect(fs.readFileSync(path.join(all, 'gone.txt'), 'utf8')).toBe('only in the first backup\n')
    expect(fs.existsSync(path.join(all, '.butcher'))).toBe(false)
  })
})

longTest('the bash to begin with has no settings of the user', () => {
  const document = fs.readFileSync(new URL('../../docs/restore-by-hand.md', import.meta.url), 'utf8')
  const [launcher] = /^env -i .*bash --norc --noprofile$/m.exec(document) as RegExpExecArray
  const at = newHome(sets.get('locked')?.destination as string, passphrase)
  const functions = { 'BASH_FUNC_tar%%': '() { false; }', 'BASH_FUNC_cp%%': '() { false; }' }
  const env = {
    ...harmful,
    ...functions,
    HOME: at,
    TERM: 'dumb',
    SCRIPT: documentScript([...catalog, ...everything]),
  }
  const done = runBash(withSqlite, ['-c', `${launcher} -c "$SCRIPT"`], { cwd: at, env })
  expect(done).toMatchObject({ status: 0, stderr: '' })
  expect(done.stdout).toMatch(/^tar \(GNU tar\) 1\./m)
  expect(done.stdout).not.toMatch(/STOP|not sound|not right|damaged|FAILED/)
  expect(
    differences(sets.get('locked')?.states[2] as string, path.join(at, 'restored'), '-rlptHDJnc'),
  ).toMatch(/^(\.d\S+ \.\/\n)?$/)
})

longTest('a set that is encrypted to keys', async () => {
  const key = makeKey(base)
  try {
    const set = await makeHandSet(path.join(base, 'keys'), { recipients: [key.publicKey] }, 1)
    const home = newHome(set.destination)
    const headings = [...begin, 'A set that is encrypted to keys', 'The catalog', ...everything]
    const env = { HOME: home, GNUPGHOME: key.home }
    const done = runBash(withSqlite, ['-c', documentScript(headings)], { cwd: home, env })
    expect(done).toMatchObject({ status: 0 })
    expect(done.stdout).toContain(':pubkey enc packet:')
    expect(differences(set.states[0] as string, path.join(home, 'restored'), '-rlHDnc')).toBe('')
  } finally {
    stopAgent(key)
  }
})

test.each(rows([undefined, passphrase], [0]))(
  'what can be read of a damaged chunk is saved (passphrase %s)',
  async (secret) => {
    // Some 330 kB that compress a little, so that the chunk is of several blocks of 100 kB.
    const tree: Record<string, { type: 'file'; data: Buffer }> = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `file-${String(i).padStart(2, '0')}`,
        {
          type: 'file',
          data: Buffer.from(
            noise(3_700 + i, i)
              .toString('hex')
              .slice(0, 5_500),
          ),
        },
      ]),
    )
    const destination = path.join(base, `damaged-${secret === undefined ? 'open' : 'locked'}`)
    const made = await makeSet(destination, {
      backups: [{ tree }],
      chunkBytes: 1e9,
      streamBytes: 1e9,
      bzip2Level: 1,
      ...(secret === undefined ? {} : { passphrase: secret }),
    })
    const chunk = made.chunks[0] as string
    const bytes = fs.readFileSync(chunk)
    const hole = Math.floor(bytes.length * 0.4)
    bytes.writeUInt8(bytes.readUInt8(hole) ^ 0x10, hole)
    fs.writeFileSync(chunk, bytes)

    const home = newHome(destination, secret)
    const done = follow(home, [...catalog, 'A chunk that stays damaged'])
    expect(done.stdout).toContain(`not sound: ${home}/discs/disc-0001`)
    const right = [...done.stdout.matchAll(/^\.\/(file-\d\d): OK$/gm)].map((match) => match[1] as string)
    for (const name of right) {
      const wanted = tree[name]?.data as Buffer
      expect(fs.readFileSync(path.join(home, 'saved', name)).equals(wanted)).toBe(true)
    }
    // One block of four is lost, 16 or 17 files of 60, and those at its edges; files of both sides are saved.
    expect(right.length).toBeGreaterThan(36)
    expect(right).toContain('file-00')
    expect(right).toContain('file-59')
  },
)

test('a disc with parity is mended', async () => {
  const options = { redundancy: 10, medium: '2MB' }
  const set = await makeHandSet(path.join(base, 'parity'), options, 1)
  const [disc] = set.discs as [string]
  const damaged = path.join(base, 'parity-damaged/disc-0001')
  fs.cpSync(disc, damaged, { recursive: true })
  fs.rmSync(path.join(damaged, 'README.txt'))
  for (const name of ['SHA256SUMS', 'chunks/00000002.tar']) {
    const fd = fs.openSync(path.join(damaged, name), 'r+')
    fs.writeSync(fd, Buffer.alloc(200), 0, 200, 0)
    fs.closeSync(fd)
  }
  const bin = handPath(path.join(base, 'bin-parity'), ['sqlite3', 'par2', 'grep'])
  const isWhole = (home: string): void => {
    for (const name of ['README.txt', 'SHA256SUMS', 'chunks/00000002.tar']) {
      const mended = fs.readFileSync(path.join(home, 'mended', name))
      expect(mended.equals(fs.readFileSync(path.join(disc, name)))).toBe(true)
    }
  }
  const home = newHome(path.dirname(damaged))
  const done = follow(home, ['Preparations', 'A disc with parity'], bin)
  // The preparations look at the discs, and name what is wrong with this one.
  expect(done.status).toBe(0)
  expect(done.stdout.slice(done.stdout.lastIndexOf('Repair complete'))).not.toContain('FAILED')
  isWhole(home)

  // As the README.txt of the disc has it, too.
  const script = readmeScripts(fs.readFileSync(path.join(disc, 'README.txt'), 'utf8')).get(
    'IF THE DISC IS DAMAGED',
  ) as string
  const other = newHome(path.dirname(damaged))
  const byReadme = runBash(bin, ['-c', script], { cwd: damaged, env: { HOME: other } })
  expect(byReadme.stdout).not.toContain('FAILED')
  isWhole(other)
})
