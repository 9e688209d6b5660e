/** Everything a file is, saved and brought back: what `rsync -aHAX` sees no difference in. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../src/commands/restore.ts'
import { attributesAreKnown } from '../../src/files/attributes.ts'
import { differences } from '../support/plant-tree.ts'
import { noise } from '../support/sample-trees.ts'
import { makeSocket, program, setTime, tryProgram } from '../support/tree.ts'
import { passphrase, runBackup, scratchFolder } from './backup-set.ts'

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
  fs.writeFileSync(at('xattr'), 'content')
  fs.writeFileSync(at('read-only'), 'content')
  fs.writeFileSync(at('setuid'), 'content')
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
  expect(different(await restoredTo('first'))).toBe('')
})
