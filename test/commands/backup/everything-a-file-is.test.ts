/** Everything a file is, saved and brought back: what `rsync -aHAX` sees no difference in. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../../src/commands/restore/restore.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { attributesAreKnown, setAttributes } from '../../../src/files/attributes.ts'
import { differences } from '../../support/plant-tree.ts'
import { noise } from '../../support/sample-trees.ts'
import { makeSocket, program, setTime, tryProgram } from '../../support/tree.ts'
import { program as butcher } from '../../cli/cli.ts'
import {
  checkDiscs,
  chunkFiles,
  decryptByGpg,
  discFolders,
  passphrase,
  runBackup,
  scratchFolder,
  tarOf,
} from '../../support/backup-set.ts'

const isRoot = process.geteuid?.() === 0
const { folder, remove } = scratchFolder()
const source = path.join(folder, 'source')
const destination = path.join(folder, 'discs')
const at = (name: string): string => path.join(source, name)
let immutable = ''

const options = { source, destination, passphrase, medium: '3MB', chunkSizeBytes: 400_000, jobs: 2 }

beforeAll(() => {
  for (const name of ['acl', 'empty', 'links', 'sticky']) fs.mkdirSync(at(name), { recursive: true })
  fs.writeFileSync(at('large'), noise(1_000_000, 1))
  fs.writeFileSync(at('xattr'), 'first')
  fs.writeFileSync(at('read-only'), 'second')
  fs.writeFileSync(at('setuid'), 'third')
  fs.writeFileSync(at('Case'), 'upper')
  fs.writeFileSync(at('case'), 'lower')
  fs.writeFileSync(at('caf\u00e9'), 'NFC')
  fs.writeFileSync(at('cafe\u0301'), 'NFD')
  fs.writeFileSync(at('immutable'), 'stays')
  fs.writeFileSync(Buffer.concat([Buffer.from(at('n')), Buffer.from([0xff])]), 'not UTF-8')
  fs.linkSync(at('large'), at('links/of-large'))
  fs.linkSync(at('xattr'), at('links/of-xattr'))
  fs.symlinkSync('nowhere', at('symlink'))
  program('mkfifo', [at('fifo')])
  makeSocket(at('socket'))
  fs.linkSync(at('symlink'), at('links/of-symlink'))
  fs.linkSync(at('symlink'), at('links/of-symlink-too'))
  fs.linkSync(at('fifo'), at('links/of-fifo'))
  const attributes = [
    ['user.text', 'some text', 'xattr'],
    ['user.bytes', '0x00ff0a3d80', 'xattr'],
    ['user.a=b%3D', '1', 'xattr'],
    ['user.empty', '', 'read-only'],
    ['user.of-a-folder', 'v', 'acl'],
    ['user.in-parts', 'v', 'large'],
    ['user.root', 'v', '.'],
  ]
  for (const [name, value, file] of attributes) setAttribute(name as string, value as string, file as string)
  const strange = 'import os, sys; os.setxattr(os.fsencode(sys.argv[1]) + b"/n\\xff", b"user.\\xfe", b"v")'
  program('python3', ['-c', strange, source])
  program('setfacl', ['-m', 'u:1234:rw,g:99:r', at('xattr')])
  program('setfacl', ['-m', 'u:12:rx,d:u:77:rwx', at('acl')])
  program('setfacl', ['-m', 'u:12:r', at('fifo')])
  if (isRoot) {
    setAttribute('trusted.of-root', 'v', 'setuid')
    setAttribute('trusted.of-a-symlink', 'v', 'symlink')
    program('mknod', [at('null'), 'c', '1', '3'])
    program('mknod', [at('disk'), 'b', '7', '200'])
    fs.linkSync(at('null'), at('links/of-null'))
    fs.linkSync(at('disk'), at('links/of-disk'))
    for (const name of ['setuid', 'symlink', 'fifo', 'empty', 'links', 'null'])
      fs.lchownSync(at(name), 1234, 2345)
    setAttribute('security.capability', '0x0100000200200000000000000000000000000000', 'read-only')
  }
  fs.chmodSync(at('setuid'), 0o6755)
  fs.chmodSync(at('sticky'), 0o1777)
  fs.chmodSync(at('read-only'), 0o444)
  fs.chmodSync(at('links'), 0o2750)
  const times: Readonly<Record<string, bigint>> = {
    xattr: -1_500_000_000n * 1_000_000_000n + 123_456_789n,
    'read-only': 4_000_000_000_987_654_321n,
    symlink: -1n,
    fifo: 1n,
    empty: 2_147_483_648_000_000_001n,
    acl: 1_234_567_890_111_111_111n,
    '.': 1_500_000_000_000_000_009n,
  }
  for (const [name, time] of Object.entries(times)) setTime(at(name), time)
  const made = tryProgram('chattr', ['+i', at('immutable')])
  if (made.status === 0) immutable = at('immutable')
})

afterAll(() => {
  if (immutable !== '') program('chattr', ['-i', immutable])
  remove()
})

function setAttribute(name: string, value: string, file: string): void {
  program('setfattr', ['-h', '-n', name, '-v', value, at(file)])
}

/** What rsync finds different; nothing makes a socket again but its program. */
const different = (restored: string): string =>
  differences(source, restored, '-aHAXnc').replace(/^.S\S* socket\n/gm, '')

async function restoredTo(name: string, more: object = {}): Promise<string> {
  const to = path.join(folder, name)
  const told: string[] = []
  await restore({
    from: [destination],
    destination: to,
    passphrase,
    jobs: 2,
    report: (event) => event.type === 'warning' && told.push(event.message),
    ...more,
  })
  expect(told).toEqual([])
  return to
}

test('rsync finds no difference after a first backup, over several chunks', async () => {
  expect(attributesAreKnown).toBe(true)
  const first = await runBackup(options)
  expect(first.told).toEqual([])
  expect(first.chunks).toBeGreaterThan(2)
  const to = await restoredTo('first')
  expect(different(to)).toBe('')
  program('setfattr', ['-x', 'user.of-a-folder', path.join(to, 'acl')])
  expect(different(to)).toMatch(/^\.d\S*x acl\/$/m)
})

test('plain tar brings attributes and ACLs back from the chunks', () => {
  const out = path.join(folder, 'by-hand')
  fs.mkdirSync(out)
  const how = [
    '-x',
    '-p',
    '--xattrs',
    '--xattrs-include=*',
    '--acls',
    '--exclude=.butcher',
    '-C',
    out,
    '-f',
    '-',
  ]
  for (const chunk of chunkFiles(discFolders(destination))) {
    const { stderr, status } = tryProgram('tar', how, { input: tarOf(chunk) })
    expect([status, stderr.replace(/^.*(time stamp|in the future).*\n/gm, '')]).toEqual([0, ''])
  }
  const names = [
    'links/of-xattr', 'read-only', 'acl', 'fifo', 'setuid', 'links/of-symlink', 'case', 'sticky',
  ] // prettier-ignore
  const expected = attributesOf(source, names)
  expect(expected).toContain(isRoot ? 'security.capability' : 'user.text')
  expect(attributesOf(out, names)).toBe(expected)
  const [part] = fs.readdirSync(out).filter((name) => name.startsWith('large.butcher-part-00001-of-'))
  expect(attributesOf(out, [part as string])).toContain('user.in-parts')
})

test('an ordinary user is told once what could not be set, and the status is that of success', () => {
  if (!isRoot)
    return console.warn('as an ordinary user there is nothing here that somebody else could not set')
  const to = path.join(folder, 'by-nobody')
  fs.mkdirSync(to)
  fs.chmodSync(folder, 0o755)
  fs.chownSync(to, 65_534, 65_534)
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', ...butcher]
  const run = tryProgram('setpriv', [...nobody, 'restore', destination, to, '--passphrase', passphrase])
  expect(run.status).toBe(0)
  const told = run.stderr.split('\n').filter((line) => /attributes|owner/.test(line))
  expect(told).toEqual([
    expect.stringMatching(/^owners of \d+ paths are not set: only root can$/),
    expect.stringMatching(
      /^setuid, setgid or capabilities of 3 paths are left out, as the owner is not set \(/,
    ),
    expect.stringMatching(
      /^warning: extended attributes or ACLs of 2 paths could not be set \(\S+ of \S+: operation not permitted\)$/,
    ),
  ])
  const users = (tree: string): string =>
    attributesOf(tree, ['xattr', 'read-only', 'acl', 'fifo']).replace(/^security.*\n/gm, '')
  expect(users(to)).toBe(users(source))
})

test('a second backup: what changed is stored, and rsync finds no difference in either', async () => {
  // An attribute, an ACL, a mode that comes and goes: of these a folder shows its ctime alone.
  const kept = (file: string, change: () => void): void => {
    const { mtimeNs } = fs.lstatSync(at(file), { bigint: true })
    change()
    setTime(at(file), mtimeNs)
  }
  const before = path.join(folder, 'before')
  program('rsync', ['-aHAX', '-@-1', `${source}/`, before])
  setAttribute('user.added', 'v', 'empty')
  program('setfacl', ['-m', 'u:4321:x', at('links')])
  fs.chmodSync(at('sticky'), 0o700)
  fs.chmodSync(at('sticky'), 0o1777)
  program('setfattr', ['-x', 'user.text', at('xattr')])
  setAttribute('user.more', 'v', 'large')
  kept('.', () => {
    fs.linkSync(at('read-only'), at('a-link-to-what-is-stored'))
    fs.rmSync(at('large'))
    fs.rmSync(at('fifo'))
    fs.linkSync(at('links/of-fifo'), at('links/of-fifo-too'))
    fs.linkSync(at('symlink'), at('one-more'))
    fs.rmSync(at('links/of-symlink'))
  })
  const second = await runBackup(options)
  expect(second.told).toEqual([])
  expect(different(await restoredTo('second'))).toBe('')
  const first = await restoredTo('first-again', { at: '1' })
  expect(differences(before, first, '-aHAXnc').replace(/^.S\S* socket\n/gm, '')).toBe('')
  expect(rowsOf('sticky')).toBe(1)
  expect(rowsOf('empty')).toBe(2)
  expect(rowsOf('acl')).toBe(1)
  // Nothing is left that looks changed.
  const third = await runBackup(options)
  expect([third.chunks, third.filesChanged, third.filesNew]).toEqual([0, 0, 0])
})

test('of two links the one that is chosen comes back with all that the file is', async () => {
  const to = await restoredTo('one-link', { filter: '^links/of-' })
  expect(fs.readdirSync(to)).toEqual(['links'])
  const names = ['links/of-xattr', 'links/of-large']
  expect(attributesOf(to, names)).toBe(attributesOf(source, names))
  for (const name of names) expect(fs.statSync(path.join(to, name)).size).toBe(fs.statSync(at(name)).size)
})

test('of the names of a symlink, a FIFO and a device those that are chosen come back as one', async () => {
  const names = fs.readdirSync(at('links')).filter((name) => !/-(large|xattr)$/.test(name))
  const to = await restoredTo('other-names', { filter: `^links/(${names.join('|')})$` })
  const facts = (tree: string): unknown[] =>
    names.map((name) => {
      const { mode, uid, gid, nlink, rdev, mtimeMs } = fs.lstatSync(path.join(tree, 'links', name))
      return [name, mode, uid, gid, rdev, mtimeMs, nlink]
    })
  const chosen = new Map(
    names.map((name) => [name, names.filter((other) => other.startsWith(name.replace('-too', ''))).length]),
  )
  expect(facts(to)).toEqual(
    facts(source).map((fact) => [...(fact as unknown[]).slice(0, -1), chosen.get((fact as [string])[0])]),
  )
  expect(fs.readlinkSync(path.join(to, 'links/of-symlink-too'))).toBe('nowhere')
})

test('a file that cannot be changed is backed up', () => {
  // No file system of this machine may have the flag; then the tree has held a file without it.
  if (immutable === '') console.warn('chattr +i is not possible in the temporary folder')
  expect(fs.readFileSync(path.join(folder, 'second/immutable'), 'utf8')).toBe('stays')
})

test('attributes that grow while the backup runs are saved as they became', async () => {
  const small = path.join(folder, 'small')
  fs.mkdirSync(small)
  const file = path.join(small, 'file')
  fs.writeFileSync(file, 'content')
  const grow = (event: ButcherEvent): void => {
    const isPacking = event.type === 'stage' && event.stage === 'pack'
    if (isPacking) setAttributes(file, new Map([['user.grown', noise(3000, 9)]]))
  }
  const to = path.join(folder, 'small-discs')
  const run = await runBackup({ source: small, destination: to, jobs: 1, medium: '1MB' }, grow)
  expect([run.told, run.filesNew]).toEqual([[], 1])
  await restore({ from: [to], destination: path.join(folder, 'small-restored') })
  expect(attributesOf(path.join(folder, 'small-restored'), ['file'])).toBe(attributesOf(small, ['file']))
  expect(attributesOf(small, ['file'])).toContain('user.grown')
})

test('discs are not overfull where attributes are more than contents', async () => {
  const many = path.join(folder, 'many')
  fs.mkdirSync(many)
  for (let i = 0; i < 300; i++) {
    fs.writeFileSync(path.join(many, `f${i}`), `${i}`)
    setAttributes(path.join(many, `f${i}`), new Map([['user.a', noise(2700, i)]]))
  }
  fs.writeFileSync(path.join(many, 'large'), noise(900_000, 7))
  setAttributes(path.join(many, 'large'), new Map([['user.a', noise(3500, 8)]]))
  const to = path.join(folder, 'many-discs')
  const medium = '2700kB'
  const run = await runBackup({ source: many, destination: to, medium, compress: 'none', passphrase })
  expect(run.told).toEqual([])
  expect(run.discs.length).toBeGreaterThan(1)
  checkDiscs(discFolders(to), medium) // a catalog has them twice: in their table and its index
})

/** As getfattr shows them, also of symlinks. */
const attributesOf = (tree: string, names: readonly string[]): string =>
  program('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', '--', ...names], { cwd: tree }).toString()

/** How many rows the catalog has for a path. */
function rowsOf(name: string): number {
  const file = path.join(folder, 'catalog.sqlite')
  const packed = fs.readFileSync(path.join(destination, 'catalog.sqlite.bz2.gpg'))
  fs.writeFileSync(file, program('bzip2', ['-dc'], { input: decryptByGpg(packed) }))
  return Number(program('sqlite3', [file, `SELECT count(*) FROM entry WHERE path = '${name}'`]).toString())
}
