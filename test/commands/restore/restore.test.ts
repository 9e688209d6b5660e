import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RestoreOptions } from '../../../src/commands/restore/restore-options.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import type { MadeSet, TestSet, TestTree } from '../../support/make-set.ts'
import { needsRoot } from '../../support/needs-root.ts'
import { differences, plantTree } from '../../support/plant-tree.ts'
import { leftovers, restoreRuns } from '../../support/restore-runs.ts'
import { longTest, rows } from '../../support/rows.ts'
import { noise, sampleHistory, sampleTree } from '../../support/sample-trees.ts'

const passphrase = 'open sesame'
const { root, newFolder, setOf, run } = restoreRuns()

const planted = (tree: TestTree): string => {
  const folder = newFolder('planted')
  plantTree(folder, tree)
  return folder
}

const temporary = (): string[] =>
  fs.readdirSync(os.tmpdir()).filter((name) => /^butcher-(plan|catalog)-/.test(name))

const failsWith = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

const read = (folder: string, name: string): string => fs.readFileSync(path.join(folder, name), 'utf8')

describe('a whole backup', () => {
  const descriptions = [
    ['plain, bz2', {}],
    ['encrypted', { passphrase }],
    ['encrypted, parts from the last to the first', { passphrase, partsReversed: true, chunksPerDisc: 1 }],
    [
      'every compression, sha512',
      {
        hash: 'sha512',
        compression: (chunk: number) => (['none', 'bz2', 'gz', 'zstd', 'xz'] as const)[chunk % 5] ?? 'none',
      },
    ],
    ['one chunk of everything', { chunkBytes: 1e9, compression: 'none' }],
  ] satisfies [string, Partial<TestSet>][]

  test.each(rows<[string, Partial<TestSet>]>(descriptions, [2, 3]))(
    'comes back exactly: %s',
    async (_, description) => {
      const set = await setOf({ backups: [{ tree: sampleTree }], ...description } as TestSet)
      const before = temporary()
      const secrets = 'passphrase' in description ? { passphrase } : {}
      const result = await run({ from: [set.destination], jobs: 2, ...secrets })
      expect(differences(planted(sampleTree), result.destination)).toBe('')
      expect(result).toMatchObject({ backup: 1, failed: 0, warnings: 0, symlinks: 4, missingDiscs: [] })
      expect(result.chunks).toBe(set.chunks.length)
      expect(result.discs).toEqual(set.discs.map((_folder, i) => i + 1))
      expect(temporary()).toEqual(before)
    },
  )

  longTest('each of five, from discs alone, in any order', async () => {
    const set = await setOf({ backups: sampleHistory, discsOnly: true, passphrase })
    for (const [i, backup] of sampleHistory.entries()) {
      const result = await run({ from: [...set.discs].reverse(), at: String(i + 1), passphrase })
      expect(differences(planted(backup.tree), result.destination)).toBe('')
      expect(result.backup).toBe(i + 1)
    }
    expect((await run({ from: set.discs, at: '2026-01-03T00:00:00Z', passphrase })).backup).toBe(2)
  })

  longTest('by private key', async () => {
    const home = fs.mkdtempSync(path.join(root, 'gnupg-'))
    const gpg = (...args: string[]): Buffer =>
      execFileSync('gpg', [
        '--homedir',
        home,
        '--batch',
        '--quiet',
        '--pinentry-mode',
        'loopback',
        '--passphrase',
        '',
        ...args,
      ])
    gpg('--quick-generate-key', 'k@example.org', 'future-default', 'default', 'never')
    const key = path.join(home, 'key.pub')
    fs.writeFileSync(key, gpg('--export'))
    fs.writeFileSync(path.join(home, 'key.sec'), gpg('--export-secret-keys'))
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    const set = await setOf({ backups: sampleHistory.slice(0, 1), recipients: [key] })
    const result = await run({ from: [set.destination], privateKey: path.join(home, 'key.sec') })
    expect(differences(planted(sampleHistory[0]?.tree as TestTree), result.destination)).toBe('')
    await expect(run({ from: [set.destination] })).rejects.toThrow(failsWith('secret', /needs a private key/))
  })

  test('owners and devices by root, and neither by an ordinary user', async () => {
    needsRoot('gives files to others')
    const set = await setOf({
      backups: [
        {
          tree: {
            a: { type: 'file', data: 'a', uid: 1, gid: 2, mode: 0o640 },
            d: { type: 'dir', mode: 0o500 },
            'd/x': 'x',
            dev: { type: 'chardev', device: '1,3' },
            'dev-too': { type: 'hardlink', link: 'dev' },
            s: { type: 'socket' },
          },
        },
      ],
    })
    const result = await run({ from: [set.destination] })
    const stat = fs.statSync(path.join(result.destination, 'a'))
    expect([stat.uid, stat.gid, stat.mode & 0o7777]).toEqual([1, 2, 0o640])
    expect(fs.statSync(path.join(result.destination, 'dev')).isCharacterDevice()).toBe(true)
    expect(fs.statSync(path.join(result.destination, 'dev-too')).nlink).toBe(2)
    expect(result.events).toContainEqual(
      expect.objectContaining({ type: 'note', message: expect.stringMatching(/1 socket is left out/) }),
    )

    fs.chmodSync(root, 0o755)
    const open = fs.mkdtempSync(path.join(root, 'nobody-'))
    fs.chmodSync(open, 0o777)
    execFileSync('chmod', ['-R', 'a+rX', path.dirname(set.destination)])
    const script = `
      process.setgroups([]); process.setgid(65534); process.setuid(65534)
      const { restore } = await import(${JSON.stringify(path.resolve('src/commands/restore/restore.ts'))})
      const summary = await restore({ from: [${JSON.stringify(set.destination)}], destination: ${JSON.stringify(`${open}/out`)}, report: (e) => e.type === 'note' && console.log(e.message) })
      console.log(summary.failed, summary.files)`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(output).toMatch(/2 devices are left out: only root/)
    expect(output).toMatch(/^0 2$/m)
    expect(fs.statSync(`${open}/out/d`).mode & 0o777).toBe(0o500)
    expect(read(open, 'out/d/x')).toBe('x')
  })
})

describe('what is chosen', () => {
  let set: MadeSet
  const tree: TestTree = {
    'top.txt': 'top',
    photos: { type: 'dir', mode: 0o700 },
    'photos/a.jpg': { type: 'file', data: noise(900, 1) },
    'photos/b.raw': { type: 'file', data: noise(900, 2) },
    'photos/raw': { type: 'dir' },
    'photos/raw/c.jpg': { type: 'file', data: noise(900, 3) },
    empty: { type: 'dir' },
    'link.jpg': { type: 'symlink', link: 'photos/a.jpg' },
    'hard-1': { type: 'hardlink', link: 'photos/b.raw' },
    'hard-2': { type: 'hardlink', link: 'photos/b.raw' },
  }

  beforeAll(async () => {
    set = await setOf({ backups: [{ tree }] })
  })

  const chosen = async (options: Partial<RestoreOptions>): Promise<string[]> => {
    const result = await run({ from: [set.destination], ...options })
    return (fs.readdirSync(result.destination, { recursive: true, encoding: 'utf8' }) as string[]).sort()
  }

  test('by --include, --exclude and --filter', async () => {
    expect(await chosen({ include: ['photos'] })).toEqual([
      'photos',
      'photos/a.jpg',
      'photos/b.raw',
      'photos/raw',
      'photos/raw/c.jpg',
    ])
    expect(await chosen({ include: ['/photos/raw/', '/top.txt'] })).toEqual([
      'photos',
      'photos/raw',
      'photos/raw/c.jpg',
      'top.txt',
    ])
    expect(await chosen({ include: ['*.jpg'] })).toEqual([
      'link.jpg',
      'photos',
      'photos/a.jpg',
      'photos/raw',
      'photos/raw/c.jpg',
    ])
    expect(await chosen({ exclude: ['photos', 'hard-*'] })).toEqual(['empty', 'link.jpg', 'top.txt'])
    expect(await chosen({ filter: '^photos/[^/]*$' })).toEqual([
      'photos',
      'photos/a.jpg',
      'photos/b.raw',
      'photos/raw',
    ])
  })

  test('folders that only hold what is chosen have their modes and times, and only needed chunks are read', async () => {
    const result = await run({ from: [set.destination], include: ['photos/raw/c.jpg'] })
    const stat = fs.statSync(path.join(result.destination, 'photos'))
    expect(stat.mode & 0o777).toBe(0o700)
    expect(stat.mtimeMs).toBe(fs.statSync(path.join(planted(tree), 'photos')).mtimeMs)
    expect(result).toMatchObject({ chunks: 1, files: 1 })
  })

  test('hard links whose file is not chosen share the content among themselves', async () => {
    const result = await run({ from: [set.destination], include: ['hard-*'] })
    const [one, two] = ['hard-1', 'hard-2'].map((name) => fs.statSync(path.join(result.destination, name)))
    expect(one?.ino).toBe(two?.ino)
    expect(fs.readFileSync(path.join(result.destination, 'hard-2')).equals(noise(900, 2))).toBe(true)
  })

  test('a dry run writes nothing and says what it would take', async () => {
    const destination = newFolder('dry')
    const summary = await run({ from: [set.destination], destination, dryRun: true })
    expect(summary).toMatchObject({
      files: 6,
      bytes: 2703,
      symlinks: 1,
      chunks: set.chunks.length,
      dryRun: true,
      failed: 0,
    })
    expect(fs.existsSync(destination)).toBe(false)
  })
})

describe('what stands in the destination', () => {
  const tree: TestTree = {
    a: 'content of a',
    b: { type: 'file', data: noise(1500, 5) },
    dir: { type: 'dir' },
    'dir/c': 'c',
    empty: '',
    h: { type: 'hardlink', link: 'a' },
    l: { type: 'symlink', link: 'a' },
  }
  let set: MadeSet

  beforeAll(async () => {
    set = await setOf({ backups: [{ tree }] })
  })

  test('the same content is left, gets its metadata, and no chunk is read for it', async () => {
    const first = await run({ from: [set.destination] })
    fs.chmodSync(path.join(first.destination, 'a'), 0o600)
    fs.utimesSync(path.join(first.destination, 'b'), 1, 1)
    const again = await run({ from: [set.destination], destination: first.destination })
    expect(differences(planted(tree), again.destination)).toBe('')
    expect(again).toMatchObject({ failed: 0, chunks: 0, discs: [], files: first.files, bytes: first.bytes })
  })

  test('only what is missing is read again', async () => {
    const first = await run({ from: [set.destination] })
    fs.rmSync(path.join(first.destination, 'b'))
    const again = await run({ from: [set.destination], destination: first.destination })
    // The destination itself was there, and keeps its time.
    expect(differences(planted(tree), again.destination)).toBe('.d..t...... ./\n')
    expect(again.chunks).toBe(2)
  })

  test('something different stays and is named, without --overwrite', async () => {
    const destination = newFolder('other')
    plantTree(destination, {
      a: 'mine',
      b: { type: 'dir' },
      'b/kept': 'kept',
      dir: 'a file',
      empty: 'not empty',
      l: { type: 'symlink', link: 'elsewhere' },
      more: 'more',
    })
    const result = await run({ from: [set.destination], destination })
    for (const name of ['a', 'b', 'dir', 'dir/c', 'empty', 'h', 'l']) {
      expect(result.told.filter((message) => message.startsWith(`not restored: ${name}:`))).toHaveLength(1)
    }
    expect(result.failed).toBe(7)
    expect(read(destination, 'a')).toBe('mine')
    expect(read(destination, 'b/kept')).toBe('kept')
    expect(read(destination, 'dir')).toBe('a file')
    expect(fs.readlinkSync(path.join(destination, 'l'))).toBe('elsewhere')
  })

  test('--overwrite replaces it, but never a directory with something in it', async () => {
    const destination = newFolder('other')
    plantTree(destination, {
      a: 'mine',
      b: { type: 'dir' },
      dir: 'a file',
      empty: 'not empty',
      l: { type: 'symlink', link: 'elsewhere' },
      h: 'mine too',
    })
    expect((await run({ from: [set.destination], destination, overwrite: true })).failed).toBe(0)
    expect(differences(planted(tree), destination)).toBe('')
    fs.rmSync(path.join(destination, 'b'))
    plantTree(destination, { b: { type: 'dir' }, 'b/kept': 'kept' })
    const result = await run({ from: [set.destination], destination, overwrite: true })
    expect(result.told).toEqual([expect.stringMatching(/^not restored: b: a directory that is not empty/)])
    expect(read(destination, 'b/kept')).toBe('kept')
  })

  test('nothing is written through a symlink that stands there', async () => {
    const outside = newFolder('outside')
    fs.mkdirSync(outside)
    for (const overwrite of [false, true]) {
      const destination = newFolder('linked')
      fs.mkdirSync(destination)
      fs.symlinkSync(outside, path.join(destination, 'dir'))
      fs.symlinkSync(path.join(outside, 'a'), path.join(destination, 'a'))
      const result = await run({ from: [set.destination], destination, overwrite })
      expect(fs.readdirSync(outside)).toEqual([])
      expect(result.failed > 0).toBe(!overwrite)
    }
  })
})

describe('runs that cannot be', () => {
  test('a wrong passphrase is told before anything is written', async () => {
    const set = await setOf({ backups: [{ tree: { a: 'a' } }], passphrase })
    const destination = newFolder('never')
    await expect(run({ from: [set.destination], destination, passphrase: 'no' })).rejects.toThrow(
      failsWith('secret', /wrong passphrase/),
    )
    await expect(run({ from: [set.destination], destination })).rejects.toThrow(
      failsWith('secret', /needs a passphrase/),
    )
    expect(fs.existsSync(destination)).toBe(false)
  })

  longTest('a plain catalog of encrypted discs, without the passphrase', async () => {
    const set = await setOf({ backups: [{ tree: { a: 'a' } }], passphrase })
    const destination = newFolder('never')
    const from = [set.destination]
    await expect(run({ from, index: set.plainCatalog, destination })).rejects.toThrow(
      failsWith('secret', /needs a passphrase/),
    )
    expect(leftovers(destination)).toEqual([])
  })

  test('senseless options and places', async () => {
    const set = await setOf({ backups: [{ tree: { a: 'a' } }] })
    const from = [set.destination]
    await expect(run({ from, at: '7' })).rejects.toThrow(failsWith('usage', /no backup 7/))
    await expect(run({ from, filter: '(' })).rejects.toThrow(failsWith('usage', /regular expression/))
    await expect(run({ from, destination: '/etc/hostname' })).rejects.toThrow(
      failsWith('destination', /is not a directory/),
    )
    await expect(run({ from, destination: '/proc/nowhere' })).rejects.toThrow(
      failsWith('destination', /\/proc\/nowhere/),
    )
    await expect(run({ from, destination: path.join(set.discs[0] as string, 'in') })).rejects.toThrow(
      failsWith('destination', /is in .*disc-0001/),
    )
    await expect(run({ from: ['/no/such/place'] })).rejects.toThrow(failsWith('no-set', /no such file/))
  })

  longTest('an abort stops it, and nothing half-made stays', async () => {
    const tree: TestTree = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [`f${i}`, { type: 'file' as const, data: noise(20_000, i) }]),
    )
    const set = await setOf({ backups: [{ tree }], chunkBytes: 200_000, passphrase })
    const before = temporary()
    const controller = new AbortController()
    const destination = newFolder('aborted')
    const report = (event: ButcherEvent): void => {
      if (event.type === 'disc') controller.abort()
    }
    await expect(
      restore({ from: [set.destination], destination, passphrase, report, signal: controller.signal }),
    ).rejects.toThrow(failsWith('aborted', /stopped/))
    expect(leftovers(destination)).toEqual([])
    expect(temporary()).toEqual(before)
    for (const name of fs.readdirSync(destination)) {
      expect(fs.readFileSync(path.join(destination, name)).equals(noise(20_000, Number(name.slice(1))))).toBe(
        true,
      )
    }
    const result = await run({ from: [set.destination], destination, passphrase })
    expect(differences(planted(tree), result.destination)).toBe('')
  })

  test('a full destination ends it, and nothing half-made stays', async () => {
    needsRoot('mounts a tmpfs')
    const tree: TestTree = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`f${i}`, { type: 'file' as const, data: noise(50_000, i) }]),
    )
    const set = await setOf({ backups: [{ tree }], chunkBytes: 400_000 })
    const small = newFolder('small')
    fs.mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', small])
    try {
      await expect(run({ from: [set.destination], destination: path.join(small, 'out') })).rejects.toThrow(
        failsWith('no-space', /no space/),
      )
      expect(leftovers(small)).toEqual([])
    } finally {
      execFileSync('umount', [small])
    }
  })
})
