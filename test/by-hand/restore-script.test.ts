import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { restoreScript } from '../../src/disc/restore-script.ts'
import { compress, makeSet } from '../support/make-set.ts'
import { rows, takesAllRows } from '../support/rows.ts'
import { differences, plantTree } from '../support/plant-tree.ts'
import { handOptions, makeHandSet, type HandSet } from './hand-set.ts'
import { handPath, makeKey, runBash, shortFolder, stopAgent } from './hand-tools.ts'

const base = shortFolder()
const withSqlite = handPath(path.join(base, 'bin'), ['sqlite3'])
const without = handPath(path.join(base, 'bin-plain'))
const passphrase = 'correct hörse'
let open: HandSet
let locked: HandSet

beforeAll(async () => {
  open = await makeHandSet(path.join(base, 'open'))
  locked = await makeHandSet(path.join(base, 'locked'), { passphrase })
})

afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

let targets = 0
const newTarget = (): string => path.join(base, `out-${++targets}`)

/** A disc on its own, with no other beside it. */
function alone(disc: string): string {
  const copy = path.join(base, `alone-${++targets}`, path.basename(disc))
  fs.cpSync(disc, copy, { recursive: true })
  return copy
}

function restore(
  disc: string,
  args: readonly string[],
  more: { readonly bin?: string; readonly env?: Readonly<Record<string, string>> } = {},
): ReturnType<typeof runBash> {
  return runBash(more.bin ?? withSqlite, [path.join(disc, 'restore.sh'), ...args], {
    env: { BUTCHER_PASSPHRASE: passphrase, ...more.env },
  })
}

const first = (set: HandSet): string => set.discs[0] as string
const last = (set: HandSet): string => set.discs.at(-1) as string

test('the script on a disc is that of the package', () => {
  expect(fs.readFileSync(path.join(first(open), 'restore.sh'), 'utf8')).toBe(restoreScript())
})

describe.each(['open', 'locked'] as const)('with sqlite3, a set that is %s', (kind) => {
  const set = (): HandSet => (kind === 'open' ? open : locked)

  test('the newest backup comes back exactly, times and modes too', () => {
    const target = newTarget()
    expect(restore(first(set()), [target])).toMatchObject({ status: 0 })
    expect(differences(set().states[2] as string, target)).toBe('')
  })

  test.each(kind === 'open' ? [1, 2] : rows([1, 2], [1]))('backup %i comes back exactly', (number) => {
    const target = newTarget()
    expect(restore(first(set()), ['--at', String(number), target])).toMatchObject({ status: 0 })
    expect(differences(set().states[number - 1] as string, target)).toBe('')
  })

  if (kind === 'open' && !takesAllRows) return

  test('disc by disc into one target', () => {
    const target = newTarget()
    const order = set().discs.toReversed()
    expect(order.length).toBeGreaterThan(2)
    const runs = order.map((disc) => restore(alone(disc), ['--at', '2', target]))
    const final = runs.findIndex((run) => run.status === 0)
    expect(final).toBeGreaterThan(0)
    for (const run of runs.slice(0, final)) expect(run.stderr).toContain('is missing: chunks')
    expect(differences(set().states[1] as string, target)).toBe('')
  })
})

test('without basenc, which coreutils before 8.31 do not have', () => {
  const bin = handPath(path.join(base, 'bin-old'), ['sqlite3'])
  fs.rmSync(path.join(bin, 'basenc'))
  const target = newTarget()
  const done = restore(first(open), ['--at', '2', target], { bin })
  expect(done).toMatchObject({ status: 0 })
  expect(differences(open.states[1] as string, target)).toBe('')
})

test('sha512 and a folder of discs from elsewhere', async () => {
  const source = path.join(base, 'sha512')
  plantTree(source, {
    'a.txt': 'a\n',
    'b\n.txt': 'b\n',
    'split.bin': { type: 'file', data: Buffer.alloc(200_000, 7) },
  })
  const destination = path.join(base, 'sha512-discs')
  await backup({ source, destination, ...handOptions, hash: 'sha512' })
  const script = path.join(base, 'restore.sh')
  fs.writeFileSync(script, restoreScript())
  const target = newTarget()
  expect(runBash(withSqlite, [script, target, destination])).toMatchObject({ status: 0 })
  expect(differences(source, target)).toBe('')
})

test('a wrong passphrase, or none, is told and nothing is written', () => {
  const target = newTarget()
  const wrong = restore(first(locked), [target], { env: { BUTCHER_PASSPHRASE: 'wrong' } })
  expect(wrong).toMatchObject({ status: 1, stderr: 'restore.sh: wrong passphrase: nothing was written\n' })
  const none = restore(first(locked), [target], { env: { BUTCHER_PASSPHRASE: '' } })
  expect(none.status).toBe(1)
  expect(none.stderr).toBe(
    'restore.sh: the set is encrypted: give --passphrase-file FILE or BUTCHER_PASSPHRASE\n',
  )
  const plain = restore(first(locked), [target], { bin: without, env: { BUTCHER_PASSPHRASE: 'wrong' } })
  expect(plain.stderr).toContain('wrong passphrase')
  expect(fs.existsSync(target)).toBe(false)
})

test('the passphrase comes from a file', () => {
  const secret = path.join(base, 'secret')
  fs.writeFileSync(secret, passphrase)
  const target = newTarget()
  const run = restore(first(locked), ['--passphrase-file', secret, '--only', 'hello.txt', target], {
    env: { BUTCHER_PASSPHRASE: 'wrong' },
  })
  expect(run.status).toBe(0)
  expect(fs.readFileSync(path.join(target, 'hello.txt'), 'utf8')).toBe('hello, world\n')
})

test('a missing disc is named with what it costs; the rest is there', () => {
  const target = newTarget()
  const lone = alone(last(open))
  const run = restore(lone, ['--at', '1', target])
  expect(run.status).toBe(1)
  expect(run.stderr).toMatch(/disc 1 \(BUTCHER_[0-9A-F]{8}_0001\) is missing: chunks 1,/)
  expect(run.stderr).toMatch(/is not restored/)
  expect(fs.existsSync(path.join(target, '.butcher-restore', 'not-restored'))).toBe(true)
  // Another backup into the same folder would make a mixture.
  expect(restore(lone, ['--at', '2', target]).stderr).toContain('was begun as backup 1 of set')
  expect(restore(lone, ['--at', '1', target, open.destination])).toMatchObject({ status: 0 })
  expect(differences(open.states[0] as string, target)).toBe('')
})

test.each(rows(['open', 'locked'] as const, [1]))(
  'a damaged chunk of a set that is %s costs only its own files',
  (kind) => {
    const set = kind === 'open' ? open : locked
    const damaged = path.join(base, `damaged-${kind}`)
    fs.cpSync(set.destination, damaged, { recursive: true })
    const chunks = path.join(damaged, 'disc-0001/chunks')
    const chunk = path.join(chunks, fs.readdirSync(chunks).sort()[0] as string)
    const bytes = fs.readFileSync(chunk)
    bytes.writeUInt8(bytes.readUInt8(600) ^ 0x40, 600)
    fs.writeFileSync(chunk, bytes)

    const target = newTarget()
    const run = restore(path.join(damaged, 'disc-0001'), ['--verify', '--at', '1', target])
    expect(run.status).toBe(1)
    expect(run.stderr).toMatch(/chunks\/00000001\S*: FAILED/)
    const named = [...run.stderr.matchAll(/^restore\.sh: (\S+) is (?:damaged|not restored)/gm)].map(
      (match) => match[1],
    )
    expect(named.length).toBeGreaterThan(0)
    const lines = differences(set.states[0] as string, target).split('\n')
    // Nothing of the wrong content under its right name: only files that are not there at all.
    expect(lines.filter((line) => /^[<>]f/.test(line) && !line.includes('+++++++++'))).toEqual([])
    expect(lines.filter((line) => line.includes('f+++++++++')).length).toBeLessThan(40)

    // A sound copy of the disc makes up for it.
    expect(restore(path.join(damaged, 'disc-0001'), ['--at', '1', target, first(set)])).toMatchObject({
      status: 0,
    })
  },
)

test('one folder, one file, one file in parts, a hard link alone', () => {
  const target = newTarget()
  const only = ['photos', 'videos/copy*', 'dir/hard-too', 'same-link', 'same-pipe'].flatMap((name) => [
    '--only',
    name,
  ])
  expect(restore(first(locked), [...only, target])).toMatchObject({ status: 0 })
  expect(fs.readdirSync(target).sort()).toEqual(['dir', 'photos', 'same-link', 'same-pipe', 'videos'])
  expect(fs.readlinkSync(path.join(target, 'same-link'))).toBe('hello.txt')
  expect(fs.lstatSync(path.join(target, 'same-pipe')).isFIFO()).toBe(true)
  expect(fs.readdirSync(path.join(target, 'videos'))).toEqual(['copy of holiday.mp4'])
  const source = locked.states[2] as string
  for (const name of ['photos/beach.jpg', 'videos/copy of holiday.mp4', 'dir/hard-too']) {
    expect(fs.readFileSync(path.join(target, name)).equals(fs.readFileSync(path.join(source, name)))).toBe(
      true,
    )
  }
})

test('lists backups and the files of one', () => {
  const backups = restore(first(locked), ['--list'])
  expect(backups.status).toBe(0)
  expect(backups.stdout).toMatch(/^backup 2 {2}20.*backup 2$/m)
  expect(backups.stdout).toMatch(/^disc 1 {2}BUTCHER_/m)
  const files = restore(first(locked), ['--list', '--at', '1'])
  expect(files.stdout).toMatch(/^file +40000 {2}disc [\d,]+ +photos\/hill\.jpg$/m)
  expect(files.stdout).toContain("$'new\\nline'")
})

test('a target that holds something else is left alone', () => {
  const target = newTarget()
  fs.mkdirSync(target)
  fs.writeFileSync(path.join(target, 'mine'), 'mine')
  const run = restore(first(open), [target])
  expect(run).toMatchObject({ status: 1 })
  expect(run.stderr).toContain('is not empty')
  expect(fs.readdirSync(target)).toEqual(['mine'])
})

test('wrong usage', () => {
  expect(restore(first(open), ['--att', '1', 'x']).status).toBe(2)
  expect(restore(first(open), ['--at', 'one', 'x']).status).toBe(2)
  expect(restore(first(open), []).status).toBe(2)
  expect(restore(first(open), ['--at', '9', newTarget()]).stderr).toContain('there is no backup 9')
})

test('chunks by zstd need zstd, and that is said', async () => {
  const source = path.join(base, 'zstd')
  plantTree(source, { 'a.txt': 'a\n'.repeat(1000) })
  const destination = path.join(base, 'zstd-discs')
  await makeSet(destination, {
    backups: [{ tree: { 'a.txt': 'a\n'.repeat(1000) } }],
    compression: 'zstd',
    chunkBytes: 5000,
  })
  const script = path.join(destination, 'disc-0001/restore.sh')
  fs.writeFileSync(script, restoreScript())
  const target = newTarget()
  const run = runBash(withSqlite, [script, target])
  expect(run).toMatchObject({ status: 1 })
  expect(run.stderr).toContain('the program zstd is needed and not installed')
  const bin = handPath(path.join(base, 'bin-zstd'), ['sqlite3', 'zstd'])
  expect(runBash(bin, [script, target])).toMatchObject({ status: 0 })
  expect(differences(source, target, '-rlnc')).toBe('')
})

test('a set encrypted to keys is opened by the keyring', async () => {
  const key = makeKey(base)
  try {
    const set = await makeHandSet(path.join(base, 'keys'), { recipients: [key.publicKey] }, 1)
    const target = newTarget()
    const shut = restore(first(set), [target], { env: { BUTCHER_PASSPHRASE: '', HOME: base } })
    expect(shut.status).toBe(1)
    expect(shut.stderr).toContain('import it with gpg --import')
    expect(fs.existsSync(target)).toBe(false)
    const env = { BUTCHER_PASSPHRASE: '', GNUPGHOME: key.home }
    expect(restore(first(set), [target], { env })).toMatchObject({ status: 0 })
    expect(differences(set.states[0] as string, target)).toBe('')
  } finally {
    stopAgent(key)
    stopAgent({ ...key, home: path.join(base, '.gnupg') })
  }
})

describe('without sqlite3', () => {
  const tree = {
    'a.txt': 'a\n',
    'dir/b.txt': 'b\n',
    dir: { type: 'dir' },
    link: { type: 'symlink', link: 'a.txt' },
    'becomes-dir': 'a file\n',
    'becomes-file': { type: 'dir' },
    'becomes-file/inside': 'inside\n',
    'new\nline': 'odd\n',
    'back\\slash ünï': 'odd too\n',
    'split.bin': { type: 'file', data: Buffer.from('split '.repeat(40_000)) },
    'shortened.bin': { type: 'file', data: Buffer.from('short '.repeat(40_000)) },
  } as const
  const { 'becomes-file/inside': _, ...rest } = tree
  const later = {
    ...rest,
    'becomes-dir': { type: 'dir' },
    'becomes-dir/inside': 'inside, later\n',
    'becomes-file': 'a file, later\n',
    'shortened.bin': 'short now\n',
  } as const

  test.each(rows(['', passphrase], [1]))(
    'every content is there, the latest where it was stored (passphrase "%s")',
    async (secret) => {
      const folder = path.join(base, `plain-${secret === '' ? 'open' : 'locked'}`)
      const source = path.join(folder, 'source')
      const options = {
        source,
        destination: path.join(folder, 'discs'),
        ...handOptions,
        compress: 'none',
      } as const
      const secrets = secret === '' ? {} : { passphrase: secret }
      plantTree(source, tree)
      await backup({ ...options, ...secrets })
      fs.rmSync(source, { recursive: true })
      plantTree(source, later)
      await backup({ ...options, ...secrets })
      const target = newTarget()
      const env = { BUTCHER_PASSPHRASE: secret }
      const run = restore(path.join(folder, 'discs/disc-0001'), [target], { bin: without, env })
      expect(run).toMatchObject({ status: 0 })
      expect(run.stderr).toContain('every content ever stored')
      const extra = differences(source, target, '-rlnc').trimEnd().split('\n')
      expect(extra.map((line) => line.replace(/^\*deleting\s+/, '')).sort()).toEqual([
        '>f+++++++++ becomes-file',
        expect.stringMatching(/^becomes-dir\.butcher-before-\d{8}$/),
        expect.stringMatching(/^becomes-file\.butcher-name-[0-9a-f]{16}$/),
        'becomes-file/inside',
      ])
      // One file alone, and disc by disc.
      const one = newTarget()
      const lone = restore(path.join(folder, 'discs/disc-0001'), ['--only', 'split.bin', one], {
        bin: without,
        env,
      })
      expect(lone.status).toBe(0)
      expect(fs.readdirSync(one)).toEqual(['split.bin'])
    },
  )

  test('--no-sqlite is the same way, and --at is refused', () => {
    const target = newTarget()
    expect(restore(first(open), ['--no-sqlite', target])).toMatchObject({ status: 0 })
    expect(fs.existsSync(path.join(target, 'gone.txt'))).toBe(true)
    expect(restore(first(open), ['--no-sqlite', '--at', '1', newTarget()])).toMatchObject({ status: 1 })
  })

  test('missing chunks and parts are named, and what is there goes on', () => {
    const target = newTarget()
    const runs = locked.discs.map((disc) => restore(alone(disc), [target], { bin: without }))
    // The last disc may have nothing but the catalog.
    expect(runs.findIndex((run) => run.status === 0)).toBeGreaterThanOrEqual(runs.length - 2)
    const parts = newTarget()
    const [head, ...tail] = locked.discs
    const second = restore(alone(tail[0] as string), [parts], { bin: without })
    expect(second.status).toBe(1)
    expect(second.stderr).toMatch(/chunk 1 is on none of these discs/)
    expect(restore(alone(head as string), [parts, locked.destination], { bin: without })).toMatchObject({
      status: 0,
    })
  })
})

test('a path that leads out of the target is refused', async () => {
  const destination = path.join(base, 'hostile')
  const made = await makeSet(destination, { backups: [{ tree: { good: 'good\n', 'up/evil': 'evil\n' } }] })
  const { default: Database } = await import('better-sqlite3')
  const db = new Database(made.plainCatalog)
  db.exec(`UPDATE entry SET path = '../evil', member = 'up/evil' WHERE path = 'up/evil'`)
  db.close()
  const disc = made.discs[0] as string
  fs.writeFileSync(
    path.join(disc, 'catalog.sqlite.bz2'),
    compress(fs.readFileSync(made.plainCatalog), 'bz2', 1e9),
  )
  fs.rmSync(made.catalog)
  fs.rmSync(path.join(disc, 'SHA256SUMS'))
  fs.writeFileSync(path.join(disc, 'restore.sh'), restoreScript())
  const target = path.join(newTarget(), 'inner')
  const run = restore(disc, [target])
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('../evil is a path this script does not write')
  expect(fs.existsSync(path.join(target, '../evil'))).toBe(false)
  expect(fs.readFileSync(path.join(target, 'good'), 'utf8')).toBe('good\n')
})
