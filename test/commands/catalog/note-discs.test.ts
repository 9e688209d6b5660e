import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { longTest } from '../../support/rows.ts'
import { recordCopy } from '../../../src/catalog/disc-life.ts'
import { changeSet } from '../../../src/set/change-set.ts'
import { discs } from '../../../src/commands/catalog/discs.ts'
import { noteDiscs } from '../../../src/commands/catalog/note-discs.ts'
import type { DiscNotes } from '../../../src/commands/catalog/note-discs-options.ts'
import { cli, cliJson } from '../../cli/cli.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { noise } from '../../support/sample-trees.ts'
import { passphrase, runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

let destination: string
let source: string
let turn = 0

beforeEach(() => {
  const folder = path.join(scratch, String(++turn))
  source = path.join(folder, 'source')
  destination = path.join(folder, 'destination')
  fs.mkdirSync(source, { recursive: true })
  add('a', 700_000)
})

const add = (name: string, bytes: number): void =>
  fs.writeFileSync(path.join(source, name), noise(bytes, name.charCodeAt(0)))

const backup = (more: object = {}) => runBackup({ source, destination, medium: '1MB', ...more })

const note = (notes: DiscNotes) => noteDiscs({ destination, ...notes })

const burned = (disc: number, copy = 1): Promise<void> =>
  changeSet({ destination }, ({ set }) =>
    recordCopy(set.db, disc, copy, { state: 'burned', burned: 1, burner: 'WRITER 1' }),
  )

/** What stands in a folder, by name. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    (fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => fs.statSync(path.join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(fs.readFileSync(path.join(folder, name)))
          .digest('hex'),
      ]),
  )

test('where a disc is, that it is lost and found again, is recorded in the catalog, copy by copy', async () => {
  await backup()
  await burned(1)
  expect(await note({ locate: [{ discs: [1], place: 'shelf B' }] })).toMatchObject([
    { disc: 1, state: 'burned', location: 'shelf B', copies: [{ copy: 1, location: 'shelf B', reading: null }] },
  ])
  await burned(1, 2)
  await expect(note({ locate: [{ discs: [1], place: 'bank' }] })).rejects.toThrow('disc 1 has 2 copies')
  await note({ locate: [{ discs: [1], place: 'bank' }], copy: 2 })
  expect(await note({ lost: [1], copy: 1 })).toMatchObject([
    { state: 'burned', location: 'shelf B (copy 1); bank (copy 2)', copies: [{ state: 'lost' }, { state: 'burned' }] },
  ])
  expect(await note({ lost: [1] })).toMatchObject([{ state: 'lost' }])
  expect(await note({ found: [1] })).toMatchObject([{ state: 'burned' }])
  await expect(note({ found: [1] })).rejects.toThrow('disc 1 is not lost')
  await expect(note({ lost: [1], copy: 4 })).rejects.toThrow('disc 1 has no copy 4')
  await expect(note({ lost: [7] })).rejects.toThrow('there is no disc 7')
}) // prettier-ignore

test('nothing is recorded of a disc that still takes more, nor on a disc or a bare catalog', async () => {
  await backup()
  await expect(note({ lost: [1] })).rejects.toThrow('disc 1 is not burned yet')
  await burned(1)
  const disc = path.join(destination, 'disc-0001')
  const before = contents(disc)
  await expect(noteDiscs({ destination: disc, lost: [1] })).rejects.toThrow('is a disc: what')
  const file = path.join(destination, 'catalog.sqlite')
  await expect(noteDiscs({ destination: file, lost: [1] })).rejects.toThrow('is a file: what')
  expect(contents(disc)).toEqual(before)
})

longTest('an encrypted set wants its secret for it', async () => {
  await backup({ passphrase })
  await expect(note({ lost: [1] })).rejects.toMatchObject({ code: 'secret' })
  fs.renameSync(path.join(destination, 'disc-0001'), path.join(scratch, 'away'))
  expect(await noteDiscs({ destination, passphrase, lost: [1] })).toMatchObject([{ state: 'lost' }])
})

test('the open disc takes the next backup; a burned one stays to the byte what it was', async () => {
  await backup()
  add('b', 10_000)
  expect((await backup()).discs).toEqual([1])
  await burned(1)
  const before = contents(path.join(destination, 'disc-0001'))
  add('c', 10_000)
  expect((await backup()).discs).toEqual([2])
  expect(contents(path.join(destination, 'disc-0001'))).toEqual(before)
})

longTest('--new-disc seals the disc with room left, also where nothing is new', async () => {
  await backup()
  await backup({ newDisc: true })
  const [first] = await changeSet({ destination }, ({ set }) => discs(set.db))
  expect(first?.state).toBe('sealed')
  add('b', 10_000)
  expect((await backup()).discs).toEqual([2])
  add('c', 10_000)
  expect((await backup({ newDisc: true })).discs).toEqual([3])
}) // prettier-ignore

longTest('--new-disc goes on with the disc that an interrupted run of the same backup began', async () => {
  await backup()
  add('b', 300_000)
  add('c', 300_000)
  const stop = new AbortController()
  const stopped = { newDisc: true, chunkSizeBytes: 300_000, jobs: 1, signal: stop.signal }
  const atFirstChunk = (event: ButcherEvent): void => void (event.type === 'chunk' && stop.abort())
  await expect(
    runBackup({ source, destination, medium: '1MB', ...stopped }, atFirstChunk),
  ).rejects.toMatchObject({ code: 'aborted' })
  expect(fs.readdirSync(path.join(destination, 'disc-0002/chunks'))).toHaveLength(1)
  expect((await backup({ newDisc: true, chunkSizeBytes: 300_000 })).discs).toEqual([2])
})

test('on the command line: the table, what is due, and what is recorded', async () => {
  await backup()
  await burned(1)
  const located = cli(['discs', destination, '--locate', '1', 'shelf B'])
  expect(located).toMatchObject({ status: 0, stderr: '' })
  expect(located.stdout).toMatch(
    /^disc  label .* location\n   1  BUTCHER_[0-9A-F]{8}_0001  burned  1MB .* 1970-01-01 00:00  WRITER 1  never  shelf B\n$/,
  )
  expect(cli(['discs', destination, '--due', '1y']).stdout).toMatch(
    /\n   1     1  BUTCHER_\w+  burned  never  shelf B\n$/,
  )
  expect(cliJson(['discs', destination, '--due', '1y'])).toMatchObject([
    { type: 'due', disc: 1, copy: 1, state: 'burned', location: 'shelf B', read: null, result: null },
    { type: 'summary', due: 1 },
  ])
  expect(cli(['discs', destination, '--locate', '1'])).toMatchObject({
    status: 2,
    stderr: 'error: --locate needs two values: DISC PLACE\n',
  })
})

longTest(
  'where the catalog of the destination is lost, the newest of the discs counts, not that of the last burned',
  async () => {
    await backup()
    await backup({ newDisc: true })
    add('b', 10_000)
    await backup() // on disc 2
    await burned(2)
    add('c', 10_000)
    await backup() // on disc 3, and its catalog goes on disc 1
    fs.rmSync(path.join(destination, 'disc-0003'), { recursive: true })
    fs.rmSync(path.join(destination, 'catalog.sqlite'))
    add('d', 10_000)
    expect(await backup()).toMatchObject({ discs: [4], filesNew: 1 })
  },
)
