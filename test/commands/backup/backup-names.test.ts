import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pathForSystem, pathFromBytes } from '../../../src/format/path-text.ts'
import { plantTree } from '../../support/plant-tree.ts'
import { noise, sampleTree } from '../../support/sample-trees.ts'
import { describeTree, makeSocket, program, setTime, tryProgram } from '../../support/tree.ts'
import {
  checkDiscs,
  chunkFiles,
  decryptByGpg,
  discFolders,
  type Member,
  memberNames,
  membersOf,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
  tarOf,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const source = path.join(scratch.folder, 'source')
const at = (name: string): string => path.join(source, name)
const medium = '3MB'

const symlinks: Readonly<Record<string, string>> = {
  'link-newline': 'a\nb',
  'link-absolute': '/etc/passwd',
  'link-up': '../../outside',
  'link-long': `${'very/'.repeat(60)}long`,
  'link-umlaut': 'grün/😀',
  'link-trailing ': 'x ',
  'link-not-utf8': 'x\udcff\udc80',
  'link-\udcfe-name': 'hello.txt',
}

beforeAll(async () => {
  plantTree(source, sampleTree)
  fs.writeFileSync(at('noise.bin'), noise(900_000, 9))
  fs.writeFileSync(at('split\nname.bin'), noise(700_000, 10))
  fs.writeFileSync(pathForSystem(at('split\udcff.bin')), noise(450_000, 11))
  fs.writeFileSync(at('text.txt'), Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join(''))
  fs.writeFileSync(at('far.txt'), 'of an owner with a large number\n')
  fs.chownSync(at('far.txt'), 3_000_000, 3_000_001)
  fs.mkdirSync(pathForSystem(at('folder-\udcfc')))
  fs.writeFileSync(pathForSystem(at('folder-\udcfc/in it \udcfd')), 'both are no UTF-8\n')
  fs.writeFileSync(at('emoji-\u{1f600}\udcff'.slice(0, -1)), 'emoji alone\n')
  fs.writeFileSync(pathForSystem(at('emoji \u{1f600} and \udcff')), 'emoji beside a byte\n')
  fs.writeFileSync(at(`${'\u{1f600}'.repeat(56)}.butcher-part-00001-of-00002`), 'cut at a character\n')
  for (const [name, target] of Object.entries(symlinks)) {
    fs.symlinkSync(pathForSystem(target), pathForSystem(at(name)))
  }
  makeSocket(at('socket'))
  program('mknod', [at('char'), 'c', '1', '3'])
  program('mknod', [at('block'), 'b', '7', '300'])
  fs.chmodSync(at('far.txt'), 0o6755)
  setTime(at('far.txt'), -5n)
  setTime(source, 1_234_567_890_987_654_321n)
  for (const [destination, secrets] of [
    ['open', {}],
    ['locked', { passphrase }],
  ] as const) {
    const run = await runBackup({
      source,
      destination: path.join(scratch.folder, destination),
      medium,
      chunkSizeBytes: 200_000,
      ...secrets,
    })
    expect(run).toMatchObject({ complete: true, told: [], sourceWarnings: 0 })
  }
})

const discsOf = (name: string): string[] => discFolders(path.join(scratch.folder, name))

describe.each([
  ['open', {}],
  ['locked', { passphrase }],
] as const)('every name and kind of entry, the set %s', (name, secrets) => {
  let tars: Buffer[]
  let members: Member[]

  beforeAll(() => {
    tars = chunkFiles(discsOf(name)).map((chunk) => tarOf(chunk))
    members = membersOf(tars)
  })

  test('comes back exactly', async () => {
    const from = [path.join(scratch.folder, name)]
    const out = path.join(scratch.folder, `${name}-out`)
    expect(await restored({ from, into: out, ...secrets })).toEqual(describeTree(source))
  })

  test('the next backup finds everything unchanged', async () => {
    const run = await runBackup({ source, destination: path.join(scratch.folder, name), medium, ...secrets })
    expect(run).toMatchObject({ filesNew: 0, filesChanged: 0, filesDeleted: 0, chunks: 0, told: [] })
  })

  test('the discs fit, and hold what SHA256SUMS says', () => checkDiscs(discsOf(name), medium))

  test('tar and Python name the same members, none of them twice', () => {
    const byTar = tars.flatMap((tar) => memberNames(tar)).sort()
    const byPython = members.map((m) => `${m.name}${m.type === 'dir' ? '/' : ''}`)
    expect(byPython.map((text) => Buffer.from(text).toString('latin1')).sort()).toEqual(byTar)
    expect(new Set(byPython).size).toBe(byPython.length)
    for (const member of byPython) expect(Buffer.byteLength(path.basename(member))).toBeLessThanOrEqual(255)
  })

  test('modes, times and owners stand in the tar', () => {
    const found = new Map(members.map((member) => [member.name, member]))
    expect(found.get('far.txt')).toMatchObject({ mode: 0o6755, uid: 3_000_000 })
    expect(found.get('far.txt')?.mtime).toBeCloseTo(-5e-9, 10)
    expect(found.get('old')?.mtime).toBeCloseTo(-1000, 5)
    expect(found.get('late')?.mtime).toBeCloseTo(4_000_000_000, 5)
    expect(found.get('dir/sub')).toMatchObject({ type: 'dir', mode: 0o755 })
    expect(found.get('pipe')).toMatchObject({ type: 'fifo', mode: 0o620 })
    expect(found.get('link-long')).toMatchObject({ type: 'symlink', link: symlinks['link-long'] })
    const named = [...found.keys()].filter((member) => member.includes('.butcher-name-'))
    expect(named).toContainEqual(expect.stringMatching(/^emoji \u{1f600} and _\.butcher-name-[0-9a-f]{16}$/u))
    expect(named).toContainEqual(expect.stringMatching(/^\u{1f600}{47}\.butcher-name-[0-9a-f]{16}$/u))
    for (const none of ['socket', 'char', 'block', 'hard', 'link-not-utf8'])
      expect(found.has(none)).toBe(false)
  })

  test('7z and the compressors accept the chunks', () => {
    for (const chunk of chunkFiles(discsOf(name))) {
      const bytes = chunk.endsWith('.gpg') ? decryptByGpg(fs.readFileSync(chunk)) : fs.readFileSync(chunk)
      if (chunk.includes('.bz2')) {
        program('bzip2', ['-t'], { input: bytes })
        program('lbzip2', ['-t'], { input: bytes })
      }
      const file = path.join(scratch.folder, path.basename(chunk).replace('.gpg', ''))
      fs.writeFileSync(file, bytes)
      expect(program('7z', ['t', file]).toString()).toContain('Everything is Ok')
      fs.rmSync(file)
    }
    const first = path.join(scratch.folder, 'first.tar')
    fs.writeFileSync(first, tars[0] as Buffer)
    expect(program('7z', ['t', first]).toString()).toContain('Everything is Ok')
  })
})

test('gpg sees what the contract says, in the chunks and in the catalogs', () => {
  const destination = path.join(scratch.folder, 'locked')
  const catalogs = discsOf('locked').map((disc) => path.join(disc, 'catalog.sqlite.bz2.gpg'))
  const files = [
    ...chunkFiles(discsOf('locked')),
    path.join(destination, 'catalog.sqlite.bz2.gpg'),
    ...catalogs,
  ]
  for (const file of files) {
    const home = fs.mkdtempSync(path.join(scratch.folder, 'g'))
    const options = ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase', passphrase]
    const packets = program('gpg', [...options, '--list-packets', file]).toString()
    expect(packets).toMatch(/^:symkey enc packet: version 4, cipher 9, aead 0, ?s2k 3, hash \d+/m)
    expect(packets).toMatch(/^:encrypted data packet:\n(?:\t.*\n)*\tmdc_method: 2$/m)
    expect(packets).toMatch(/^:literal data packet:/m)
    expect(packets).not.toMatch(/compressed packet|aead encrypted/)
  }
})

describe('the catalog, by the sqlite3 program', () => {
  const file = path.join(scratch.folder, 'open', 'catalog.sqlite')
  const sql = (text: string): string => program('sqlite3', ['-batch', file, text]).toString().trimEnd()

  test('is sound', () => {
    expect(sql('PRAGMA integrity_check; PRAGMA user_version')).toBe('ok\n1')
  })

  test('restore_plan has a row for each path, and for each part', () => {
    const rows = sql(
      `SELECT hex(path), typeof(path), type, mode, mtime, coalesce(size, '-'), coalesce(hash, '-'),
        hex(link) FROM restore_plan WHERE backup = 1 GROUP BY path ORDER BY hex(path)`,
    ).split('\n')
    expect(rows.sort()).toEqual(expectedRows().sort())
    const counts = sql(
      `SELECT count(*), count(DISTINCT path), sum(part IS NOT NULL AND parts > 1) FROM restore_plan WHERE backup = 1`,
    ).split('|')
    const extra = sql(
      `SELECT sum(parts - 1) FROM (SELECT parts FROM restore_plan WHERE backup = 1 AND parts > 1 GROUP BY path)`,
    )
    expect(Number(counts[0]) - Number(counts[1])).toBe(Number(extra))
    expect(Number(extra)).toBeGreaterThan(5)
    expect(
      sql(`SELECT count(*) FROM (SELECT path, part FROM restore_plan WHERE backup = 1
      GROUP BY path, part HAVING count(*) > 1)`),
    ).toBe('0')
  })

  test('disc, chunk, member and part are set for files, and for nothing else', () => {
    const isSet =
      'part IS NOT NULL AND parts IS NOT NULL AND disc IS NOT NULL AND chunk IS NOT NULL AND member IS NOT NULL'
    const isNull = 'part IS NULL AND parts IS NULL AND disc IS NULL AND chunk IS NULL AND member IS NULL'
    expect(
      sql(
        `SELECT count(*) FROM restore_plan WHERE NOT CASE type WHEN 'file' THEN ${isSet} ELSE ${isNull} END`,
      ),
    ).toBe('0')
    expect(sql(`SELECT count(*) FROM restore_plan WHERE typeof(member) = 'blob'`)).toBe('0')
  })

  test('each member is where restore_plan says', () => {
    const planned = sql(
      `SELECT DISTINCT printf('%d %d ', disc, chunk) || hex(member) FROM restore_plan WHERE member IS NOT NULL`,
    ).split('\n')
    const there = discsOf('open').flatMap((disc) =>
      chunkFiles([disc]).flatMap((chunk) =>
        membersOf([tarOf(chunk)])
          .filter(({ type }) => type === 'file')
          .map(
            ({ name }) =>
              `${Number(disc.slice(-4))} ${Number.parseInt(path.basename(chunk))} ${Buffer.from(name).toString('hex').toUpperCase()}`,
          ),
      ),
    )
    expect(planned.sort()).toEqual(there.sort())
  })

  test('backups, discs and chunks say what is there', () => {
    const files = expectedRows().filter((row) => row.split('|')[5] !== '-').length
    const iso = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
    const [first, second] = sql('SELECT * FROM backups').split('\n') as [string, string]
    expect(first).toMatch(new RegExp(`^1\\|\\|${iso}\\|${iso}\\|${source}\\|${files}\\|\\d+$`))
    expect(second).toMatch(/^2\|/)
    for (const [i, row] of sql('SELECT * FROM discs').split('\n').entries()) {
      expect(row).toMatch(/^\d+\|BUTCHER_[0-9A-F]{8}_\d{4}\|3MB\|3000000\|\d+\|(open|sealed)\|\|\|$/)
      expect(Number(row.split('|')[0])).toBe(i + 1)
      expect(Number(row.split('|')[4])).toBeLessThanOrEqual(3_000_000)
    }
    for (const row of sql('SELECT * FROM chunks').split('\n')) {
      const [chunk, disc, name, bytes, sha256] = row.split('|') as [string, string, string, string, string]
      const stored = path.join(discsOf('open')[Number(disc) - 1] as string, name)
      expect(path.basename(name)).toContain(chunk.padStart(8, '0'))
      expect(fs.statSync(stored).size).toBe(Number(bytes))
      expect(program('sha256sum', [stored]).toString().slice(0, 64)).toBe(sha256)
    }
  })

  test('older sqlite3 programs, too: the views take nothing that is new', () => {
    expect(tryProgram('sqlite3', ['-batch', file, 'SELECT count(*) FROM restore_plan']).status).toBe(0)
  })
})

/** The rows of restore_plan as the contract says, from the source itself. */
function expectedRows(): string[] {
  const rows: string[] = []
  const hex = (text: Buffer): string => text.toString('hex').toUpperCase()
  const inodes = new Map<bigint, Buffer>()
  const visit = (folder: string): void => {
    const names = fs
      .readdirSync(pathForSystem(path.join(source, folder)), { encoding: 'buffer' })
      .map(pathFromBytes)
    // The first of a hard link's paths, in the order of their bytes, is the file.
    for (const name of names.sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)))) {
      const relative = folder === '' ? name : `${folder}/${name}`
      const file = pathForSystem(path.join(source, relative))
      const stat = fs.lstatSync(file, { bigint: true })
      const bytes = bytesOf(relative)
      let type = kindOf(stat)
      let link = ''
      const first = inodes.get(stat.ino)
      const isFile = type === 'file'
      if (first !== undefined) {
        type = 'hardlink'
        link = hex(first)
      } else if (stat.nlink > 1n && !stat.isDirectory()) inodes.set(stat.ino, bytes)
      if (type === 'symlink') link = hex(fs.readlinkSync(file, { encoding: 'buffer' }))
      const fraction = ((stat.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
      const seconds = Number((stat.mtimeNs - fraction) / 1_000_000_000n)
      const time = `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(fraction).padStart(9, '0')}Z`
      const mode = (stat.mode & 0o7777n).toString(8).padStart(4, '0')
      const hash = isFile ? createHash('sha256').update(fs.readFileSync(file)).digest('hex') : '-'
      const kind = relative.isWellFormed() ? 'text' : 'blob'
      rows.push([hex(bytes), kind, type, mode, time, isFile ? stat.size : '-', hash, link].join('|'))
      if (stat.isDirectory()) visit(relative)
    }
  }
  visit('')
  return rows
}

const bytesOf = (text: string): Buffer => {
  const given = pathForSystem(text)
  return typeof given === 'string' ? Buffer.from(given) : given
}

function kindOf(stat: fs.BigIntStats): string {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'dir'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  return stat.isCharacterDevice() ? 'chardev' : 'blockdev'
}
