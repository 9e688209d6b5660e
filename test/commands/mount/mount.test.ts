/** `butcher mount`: what is mounted is what was backed up. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { longTest } from '../../support/rows.ts'
import { cli, cliJson, lastLine } from '../../cli/cli.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'
import type { Compression } from '../../../src/format/layout.ts'
import { makeSet, type TestBackup } from '../../support/make-set.ts'
import { asOrdinaryUser, ordinaryUser } from '../../support/ordinary-user.ts'
import { differences, plantTree } from '../../support/plant-tree.ts'
import { noise, sampleHistory, sampleTree } from '../../support/sample-trees.ts'
import { mountSet, unmountAll } from './mounts.ts'

const scratch = scratchFolder()
fs.chmodSync(scratch.folder, 0o755)
afterAll(() => {
  unmountAll()
  scratch.remove()
})
const at = (name: string): string => path.join(scratch.folder, name)

/** rsync, with hard links, ACLs, extended attributes, devices and checksums. */
const everything = '-aHAXnc'

test('a tree with every kind of entry is as it was', async () => {
  plantTree(at('sample'), sampleTree)
  execFileSync('mknod', [at('sample/null'), 'c', '1', '3'])
  execFileSync('setfattr', ['-n', 'user.color', '-v', 'red', at('sample/hello.txt')])
  execFileSync('setfattr', ['-n', 'trusted.mark', '-v', 'x', at('sample/dir')])
  execFileSync('setfacl', ['-m', 'u:1234:r', '-m', 'd:g:99:rx', at('sample/dir')])
  fs.lchownSync(at('sample/link'), 1234, 99)
  fs.chownSync(at('sample/readonly'), 4321, 1000)
  await runBackup({ source: at('sample'), destination: at('sample-set') })
  const { folder, unmount, log } = mountSet([at('sample-set')], at('sample-mount'))
  expect(differences(at('sample'), `${folder}/latest`, everything)).toBe('')
  const stat = (name: string): fs.Stats => fs.lstatSync(path.join(folder, 'latest', name))
  expect(stat('hello.txt')).toMatchObject({ nlink: 3, ino: stat('dir/hard-too').ino })
  expect(stat('null').rdev).toBe(fs.lstatSync(at('sample/null')).rdev)
  expect(stat('readonly')).toMatchObject({ uid: 4321, gid: 1000, nlink: 1 })
  expect(() => fs.writeFileSync(`${folder}/latest/new`, '')).toThrow('EROFS')
  const copy = at('sample-copy')
  execFileSync('cp', ['-a', `${folder}/latest`, copy])
  expect(differences(at('sample'), copy, everything)).toBe('')
  const tar = execFileSync('tar', ['-C', `${folder}/latest`, '-c', '--sort=name', '.'])
  expect(tar.equals(execFileSync('tar', ['-C', at('sample'), '-c', '--sort=name', '.']))).toBe(true)
  await unmount()
  expect(log()).toEqual([`mounted ${at('sample-set')} on ${folder}`, `unmounted ${folder}`])
})

const kinds = ['none', 'gz', 'bz2', 'zstd', 'xz'] as const

longTest('every backup of a set, in all compressions', async () => {
  const { destination } = await makeSet(at('history'), {
    backups: sampleHistory,
    compression: (chunk) => kinds[chunk % kinds.length] as Compression,
  })
  const { folder, unmount } = mountSet([destination], at('history-mount'))
  expect(fs.readdirSync(folder).sort()).toEqual(['by-date', 'by-number', 'latest'])
  const dates = fs.readdirSync(`${folder}/by-date`)
  expect(dates).toHaveLength(sampleHistory.length)
  for (const [i, { tree }] of sampleHistory.entries()) {
    const planted = at(`history-${i + 1}`)
    plantTree(planted, tree)
    expect(differences(planted, `${folder}/by-number/${i + 1}`), `backup ${i + 1}`).toBe('')
    expect(differences(planted, `${folder}/by-date/${dates[i]}`), `backup ${i + 1}`).toBe('')
    expect(dates[i]).toMatch(/^\d{4}-\d\d-\d\dT\d{6}(-\d+)?$/)
  }
  expect(differences(at(`history-${sampleHistory.length}`), `${folder}/latest`)).toBe('')
  await unmount()
})

test('an encrypted set, from its discs alone; its catalog is in no file', async () => {
  const passphrase = 'correct horse'
  const { tree } = sampleHistory.at(-1) as TestBackup
  plantTree(at('newest'), tree)
  const { discs } = await makeSet(at('secret'), { backups: sampleHistory, passphrase, discsOnly: true })
  const refused = cli(['mount', ...discs, at('secret-mount'), '--log', at('log')])
  expect(refused.status).toBe(12)
  const { folder, pid, unmount } = mountSet(discs, at('secret-mount'), { BUTCHER_PASSPHRASE: passphrase })
  expect(differences(at('newest'), `${folder}/latest`)).toBe('')
  const files = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`))
  expect(files.filter((file) => file.includes('catalog'))).toEqual([])
  expect(fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(passphrase)
  expect(fs.readFileSync(`/proc/${pid}/environ`, 'latin1')).not.toContain(passphrase)
  await unmount()
})

const linkOf = (file: string): string => {
  try {
    return fs.readlinkSync(file)
  } catch {
    return '' // closed meanwhile
  }
}

test('an ordinary user mounts what they may read, and sees all of it', async () => {
  const mountPoint = at('user-mount')
  fs.mkdirSync(mountPoint)
  fs.chownSync(mountPoint, ordinaryUser, ordinaryUser)
  const log = `${mountPoint}.log`
  fs.writeFileSync(log, '')
  fs.chownSync(log, ordinaryUser, ordinaryUser)
  const run = asOrdinaryUser(['mount', at('sample-set'), mountPoint, '--log', log])
  expect(run).toMatchObject({ status: 0, stderr: '' })
  expect(run.stdout.toString()).toContain(
    `1 backup; the newest, 1, is in '${mountPoint}/latest'`.replaceAll("'", ''),
  )
  const seen = execFileSync('sha256sum', [`${mountPoint}/latest/twin-a.bin`], {
    uid: ordinaryUser,
    gid: ordinaryUser,
  })
  expect(seen.toString().slice(0, 64)).toBe(
    execFileSync('sha256sum', [at('sample/twin-a.bin')])
      .toString()
      .slice(0, 64),
  )
  expect(asOrdinaryUser(['unmount', mountPoint]).status).toBe(0)
})

longTest('many readers at once, and reads from anywhere', async () => {
  const large = noise(36_000_000, 5)
  const text = Buffer.from(Array.from({ length: 800_000 }, (_, i) => `${i * 7919}\n`).join(''))
  plantTree(at('large'), {
    'large.bin': { type: 'file', data: large },
    'text.txt': { type: 'file', data: text },
  })
  await runBackup({ source: at('large'), destination: at('large-set'), compress: 'zstd', passphrase: 'x' })
  const { folder, unmount } = mountSet([at('large-set')], at('large-mount'), { BUTCHER_PASSPHRASE: 'x' })
  const handles = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      fs.promises.open(`${folder}/latest/${i % 2 ? 'text.txt' : 'large.bin'}`),
    ),
  )
  await Promise.all(
    handles.map(async (handle, i) => {
      const whole = i % 2 ? text : large
      for (let step = 0; step < 20; step++) {
        const from = (i * 104_729 + step * 1_299_709) % (whole.length - 5000)
        const { buffer } = await handle.read(Buffer.alloc(5000), 0, 5000, from)
        expect(buffer.equals(whole.subarray(from, from + 5000))).toBe(true)
      }
      await handle.close()
    }),
  )
  expect(fs.readFileSync(`${folder}/latest/large.bin`).equals(large)).toBe(true)
  await unmount()
})

longTest('a file in pieces, with zeros between them, of two backups', async () => {
  const MiB = 1 << 20
  const before = Buffer.concat([noise(MiB * 2, 1), Buffer.alloc(MiB * 3), noise(MiB + 1234, 2)])
  const after = Buffer.concat([before.subarray(0, MiB), noise(MiB, 3), before.subarray(MiB * 2)])
  for (const data of [before, after]) {
    plantTree(at('pieced'), { image: { type: 'file', data } })
    fs.utimesSync(at('pieced/image'), new Date(), new Date())
    await runBackup({ source: at('pieced'), destination: at('pieced-set'), piecesFromBytes: 2 * MiB })
  }
  const { folder, unmount } = mountSet([at('pieced-set')], at('pieced-mount'))
  expect(fs.readFileSync(`${folder}/by-number/1/image`).equals(before)).toBe(true)
  expect(fs.readFileSync(`${folder}/latest/image`).equals(after)).toBe(true)
  const handle = fs.openSync(`${folder}/by-number/1/image`, 'r')
  const some = Buffer.alloc(MiB)
  fs.readSync(handle, some, 0, MiB, MiB * 4.5)
  fs.closeSync(handle)
  expect(some.equals(before.subarray(MiB * 4.5, MiB * 5.5))).toBe(true)
  await unmount()
})

test('messages: no set, a folder of the set, something mounted already', () => {
  expect(cli(['mount', scratch.folder, at('x')]).status).not.toBe(0)
  fs.mkdirSync(at('empty'), { recursive: true })
  expect(cli(['mount', at('empty'), at('empty')]).status).toBe(10)
  expect(lastLine(cli(['mount', at('sample-set'), at('sample-set')]).stderr)).toContain('is read from there')
  const rows = cliJson(['mount', at('sample-set'), at('none-such')])
  expect(rows.at(-1)).toMatchObject({ type: 'error' })
})
