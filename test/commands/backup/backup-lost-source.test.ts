/** A source that goes away as a whole, and file systems inside it. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { describeTree, program, tryProgram } from '../../support/tree.ts'
import { type BackupRun, restored, runBackup, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
const mounts: string[] = []
afterAll(() => {
  for (const place of mounts.reverse()) program('umount', ['-l', place])
  scratch.remove()
})

let folder: string
let source: string
let options: { readonly source: string; readonly destination: string }
const at = (name: string): string => path.join(source, name)

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'case-'))
  source = path.join(folder, 'source')
  options = { source, destination: path.join(folder, 'dest') }
  fs.mkdirSync(at('sub'), { recursive: true })
  for (const name of ['a', 'b', 'sub/c']) fs.writeFileSync(at(name), `${name}\n`)
})

function mount(...args: readonly string[]): void {
  const { status, stderr } = tryProgram('mount', args)
  if (status !== 0)
    throw new Error(`this test mounts file systems, for which it has to run as root: ${stderr}`)
  mounts.push(args.at(-1) as string)
}

/** A second backup, whose source is moved away when `stage` begins. */
async function losing(stage: 'scan' | 'pack' | 'finish', put: () => void = () => {}): Promise<BackupRun> {
  fs.writeFileSync(at('new'), 'new\n')
  return runBackup(options, (event) => {
    if (event.type !== 'stage' || event.stage !== stage) return
    fs.renameSync(source, `${source}-away`)
    put()
  })
}
const lost = /^the source .*\/source went away during the run: /

test.each(['scan', 'pack'] as const)(
  'a source that vanishes at the %s: nothing counts as deleted',
  async (stage) => {
    await runBackup(options)
    await expect(losing(stage)).rejects.toMatchObject({
      code: 'source',
      message: expect.stringMatching(lost),
    })
    fs.renameSync(`${source}-away`, source)
    expect(await runBackup(options)).toMatchObject({
      backup: 2,
      filesNew: 1,
      filesUnchanged: 3,
      filesDeleted: 0,
    })
    expect(await restored({ from: [options.destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  },
)

test('an empty folder in the place of the source, as a mount point is without its disk', async () => {
  await runBackup(options)
  const put = (): void => fs.mkdirSync(source)
  for (const stage of ['scan', 'pack'] as const) {
    await expect(losing(stage, put)).rejects.toMatchObject({
      code: 'source',
      message: expect.stringMatching(lost),
    })
    fs.rmdirSync(source)
    fs.renameSync(`${source}-away`, source)
  }
  // There from the beginning it cannot be told from a source that was emptied; but it is said.
  fs.renameSync(source, `${source}-away`)
  put()
  const run = await runBackup(options)
  expect(run.told).toEqual([
    `: the source ${source} is empty, and the backup before has 3 files: is its file system mounted?`,
  ])
  expect(run).toMatchObject({ filesDeleted: 3, sourceWarnings: 0 })
})

test('--one-file-system records mount points, and does not enter them', async () => {
  for (const place of ['mounted', 'sub/mounted']) {
    fs.mkdirSync(at(place))
    mount('-t', 'tmpfs', '-o', 'mode=0701', 'none', at(place))
    fs.writeFileSync(at(`${place}/inside`), 'inside\n')
  }
  const all = await runBackup(options)
  expect(all.filesNew).toBe(5)
  const run = await runBackup({ ...options, oneFileSystem: true })
  expect(run).toMatchObject({ filesDeleted: 2, filesUnchanged: 3, told: [] })
  expect(await restored({ from: [options.destination], into: path.join(folder, 'out') })).toEqual(
    describeTree(source).filter((line) => !line.includes('/inside ')),
  )
  // A source that is a mount point itself is on one file system with what is in it.
  const inner = await runBackup({
    source: at('mounted'),
    destination: path.join(folder, 'inner'),
    oneFileSystem: true,
  })
  expect(inner.filesNew).toBe(1)
})

test('access times of files stay as they are, and a read-only source works', async () => {
  const place = path.join(folder, 'strict')
  fs.mkdirSync(place)
  mount('-t', 'tmpfs', '-o', 'strictatime', 'none', place)
  fs.cpSync(source, place, { recursive: true })
  fs.writeFileSync(path.join(place, '.butcherignore'), 'b\n')
  const files = ['a', 'sub/c', '.butcherignore'].map((name) => path.join(place, name))
  for (const file of files) fs.utimesSync(file, 1_000_000_000, 1_000_000_001)
  const times = (): bigint[] => files.map((file) => fs.statSync(file, { bigint: true }).atimeNs)
  const before = times()
  expect((await runBackup({ ...options, source: place })).told).toEqual([])
  expect(times()).toEqual(before)

  const readOnly = path.join(folder, 'read-only')
  fs.mkdirSync(readOnly)
  mount('--bind', place, readOnly)
  program('mount', ['-o', 'remount,bind,ro,noatime', readOnly])
  const run = await runBackup({ ...options, source: readOnly })
  expect(run).toMatchObject({ told: [], filesUnchanged: 3, filesDeleted: 0 })
  expect(times()).toEqual(before)
})

test('a destination below /proc, which takes no folders, is refused at once', async () => {
  await expect(runBackup({ ...options, destination: '/proc/butcher/deep' })).rejects.toMatchObject({
    code: 'destination',
    message: 'no folder can be made in /proc',
  })
})
