import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program, setTime } from '../../support/tree.ts'
import {
  type BackupRun,
  checkDiscs,
  discFolders,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const source = path.join(scratch.folder, 'source')
const destination = path.join(scratch.folder, 'dest')
const out = path.join(scratch.folder, 'out')
const at = (name: string): string => path.join(source, name)
const options = { source, destination, medium: '30MB', chunkSizeBytes: 5_500_000, passphrase }

/** What happens to each path between the scan and the reading, and what is told of it. */
const moves: Readonly<
  Record<string, { readonly begin: Uint8Array; readonly move: () => void; readonly told?: RegExp }>
> = {
  'vanishes.txt': {
    begin: noise(1000, 1),
    move: () => fs.rmSync(at('vanishes.txt')),
    told: /^vanished before it was read$/,
  },
  'grows.txt': { begin: noise(1000, 2), move: () => fs.appendFileSync(at('grows.txt'), 'more') },
  'shrinks.txt': { begin: noise(1000, 3), move: () => fs.truncateSync(at('shrinks.txt'), 10) },
  'becomes-empty.txt': { begin: noise(1000, 4), move: () => fs.truncateSync(at('becomes-empty.txt'), 0) },
  'same-size.txt': {
    begin: noise(1000, 5),
    move: () => fs.writeFileSync(at('same-size.txt'), noise(1000, 6)),
  },
  'grows-large.bin': {
    begin: noise(4_500_000, 7),
    move: () => fs.appendFileSync(at('grows-large.bin'), 'more'),
  },
  'shrinks-large.bin': {
    begin: noise(4_600_000, 8),
    move: () => fs.truncateSync(at('shrinks-large.bin'), 4_400_000),
  },
  'becomes-large.bin': {
    begin: noise(1000, 9),
    move: () => fs.writeFileSync(at('becomes-large.bin'), noise(6_000_000, 10)),
  },
  'split-grows.bin': {
    begin: noise(6_500_000, 11),
    move: () => fs.appendFileSync(at('split-grows.bin'), 'more'),
  },
  'becomes-folder': {
    begin: noise(1000, 12),
    move: () => {
      fs.rmSync(at('becomes-folder'))
      fs.mkdirSync(at('becomes-folder'))
    },
    told: /is no longer a file|cannot read/,
  },
  'becomes-link': {
    begin: noise(1000, 13),
    move: () => {
      fs.rmSync(at('becomes-link'))
      fs.symlinkSync('/etc/passwd', at('becomes-link'))
    },
    told: /^turned into a symbolic link$/,
  },
  'becomes-pipe': {
    begin: noise(1000, 14),
    move: () => {
      fs.rmSync(at('becomes-pipe'))
      program('mkfifo', [at('becomes-pipe')])
    },
    told: /is no longer a file/,
  },
  'hard-vanishes': {
    begin: noise(1000, 15),
    move: () => fs.rmSync(at('hard-vanishes')),
    told: /^vanished before it was read$/,
  },
  'twin-changes-a': { begin: noise(2000, 16), move: () => fs.appendFileSync(at('twin-changes-a'), 'more') },
  'twin-changes-b': { begin: noise(2000, 16), move: () => {} },
}

const gone = Object.entries(moves).flatMap(([name, { told }]) => (told ? [name] : []))
let run: BackupRun

beforeAll(async () => {
  fs.mkdirSync(at('folder-vanishes'), { recursive: true })
  fs.writeFileSync(at('folder-vanishes/inside.txt'), 'inside\n')
  fs.writeFileSync(at('stays.txt'), 'stays\n')
  for (const [name, { begin }] of Object.entries(moves)) fs.writeFileSync(at(name), begin)
  fs.linkSync(at('hard-vanishes'), at('hard-vanishes-not'))
  setTime(source, 1_700_000_000_000_000_001n)
  run = await runBackup(options, (event) => {
    if (event.type !== 'stage' || event.stage !== 'pack') return
    for (const { move } of Object.values(moves)) move()
    fs.rmSync(at('folder-vanishes'), { recursive: true })
    setTime(source, 1_700_000_000_000_000_001n)
  })
})

test('what could not be stored is told, and the rest goes on', () => {
  const told = new Map(
    run.told.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  )
  expect([...told.keys()].sort()).toEqual([...gone, 'folder-vanishes/inside.txt'].sort())
  for (const [name, { told: expected }] of Object.entries(moves)) {
    expect(told.get(name) ?? '').toMatch(expected ?? /^$/)
  }
  expect(run).toMatchObject({ complete: true, sourceWarnings: gone.length + 1, warnings: gone.length + 1 })
  checkDiscs(discFolders(destination), options.medium)
})

test('what was stored is what the source came to be', async () => {
  const expected = describeTree(source).filter((line) => !gone.includes(line.split(' ')[0] as string))
  const found = await restored({ from: [destination], into: out, passphrase })
  expect(found.filter((line) => !line.startsWith('folder-vanishes '))).toEqual(expected)
})

test('a file in parts that changes between them is begun anew, and told where it never rests', async () => {
  fs.writeFileSync(at('changes-once.bin'), noise(2_500_000, 20))
  fs.writeFileSync(at('never-rests.bin'), noise(2_500_000, 21))
  let chunks = 0
  const moved = await runBackup({ ...options, chunkSizeBytes: 400_000 }, (event) => {
    if (event.type !== 'chunk') return
    if (++chunks === 2) fs.writeFileSync(at('changes-once.bin'), noise(2_500_000, 22))
    fs.appendFileSync(at('never-rests.bin'), 'more')
  })
  expect(moved).toMatchObject({ complete: true, told: ['never-rests.bin: changed while it was read'] })
  setTime(source, 1_700_000_000_000_000_002n)
  const without = describeTree(source).filter((line) => !line.startsWith('never-rests.bin '))
  const found = await restored({ from: [destination], into: out, passphrase })
  expect(found.filter((line) => !line.startsWith('. '))).toEqual(
    without.filter((line) => !line.startsWith('. ')),
  )
  const quiet = await runBackup(options)
  expect(quiet).toMatchObject({ complete: true, told: [], filesNew: 1 })
  expect(await restored({ from: [destination], into: out, passphrase })).toEqual(describeTree(source))
})
