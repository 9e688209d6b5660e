import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import { cli, cliJson, lastLine } from '../../cli/cli.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'
import { burn, discFolders, restored, runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

const source = path.join(scratch, 'source')
const destination = path.join(scratch, 'destination')
const shelf = path.join(scratch, 'shelf')
const file = (name: string): string => path.join(source, name)
const trees: string[][] = []

const backup = async (replaceDiscs: readonly number[] = []) => {
  const made = await runBackup({ source, destination, medium: '1200000', chunkSizeBytes: 300_000, compress: 'none', replaceDiscs }) // prettier-ignore
  trees[made.backup] ??= describeTree(source)
  burn(destination, shelf)
  return made
}

const plan = (): { path: string; backup: number; disc: number; hash: string }[] => {
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  const rows = db.prepare(`SELECT * FROM restore_plan WHERE type = 'file' ORDER BY backup, path`).all()
  db.close()
  return rows as { path: string; backup: number; disc: number; hash: string }[]
}

beforeAll(async () => {
  fs.mkdirSync(path.join(source, 'folder'), { recursive: true })
  for (let i = 0; i < 9; i++) fs.writeFileSync(file(`f${i}`), noise(240_000 + i, i))
  fs.writeFileSync(file('large'), noise(700_000, 20)) // in parts
  fs.linkSync(file('f0'), file('folder/link'))
  fs.linkSync(file('f5'), file('folder/link5'))
  await backup()
  fs.renameSync(file('f1'), file('folder/moved'))
  fs.writeFileSync(file('f2'), noise(1000, 30))
  fs.rmSync(file('f3'))
  fs.appendFileSync(file('f6'), 'x')
  await backup()
})

test('what only the lost disc had is stored again, and all that is left is restored without it', async () => {
  // The disc that has more than one of the files that changed since: what they were is lost.
  const before = plan()
  const lostDisc = before.find(({ backup: of, path: name }) => of === 1 && name === 'f2')?.disc as number
  const onDisc = before.filter(({ disc }) => disc === lostDisc)
  const still = new Set(plan().flatMap(({ backup: of, hash }) => (of === 2 ? [hash] : [])))
  const versions = new Set(onDisc.filter(({ hash }) => !still.has(hash)).map(({ path: name, hash }) => `${name} ${hash}`)) // prettier-ignore
  expect(versions.size).toBeGreaterThan(0)
  expect(versions.size).toBeLessThan(new Set(onDisc.map(({ hash }) => hash)).size)
  fs.rmSync(path.join(shelf, `disc-000${lostDisc}`), { recursive: true })

  const made = await backup([lostDisc])
  expect(made).toMatchObject({
    backup: 3,
    filesNew: 0,
    filesChanged: 0,
    filesDeleted: 0,
    filesLost: versions.size,
  })
  expect(made.told.map((line) => line.split(':')[0]).sort()).toEqual([...versions].map((version) => version.split(' ')[0]).sort()) // prettier-ignore
  const after = plan()
  expect(after.filter(({ disc }) => disc === lostDisc).map(({ path: name, hash }) => `${name} ${hash}`).filter((version) => !versions.has(version))).toEqual([]) // prettier-ignore

  // Of every backup all comes back but what is lost.
  for (const at of [1, 2, 3]) {
    const into = path.join(scratch, `restored-${at}`)
    const lost = [...versions].flatMap((version) => {
      const [name, hash] = version.split(' ') as [string, string]
      return after.some((row) => row.backup === at && row.path === name && row.hash === hash) ? [name] : []
    })
    expect(at === 1 || lost.length === 0).toBe(true)
    const exclude = lost.map((name) => `/${name}`)
    const wanted = trees[at]?.filter(
      (line) => !lost.some((name) => line.startsWith(`${name} `) || line === name),
    )
    const back = await restored({ from: [destination, shelf], into, at: String(at), exclude })
    expect(withoutLost(back, lost)).toEqual(withoutLost(wanted as string[], lost))
  }
  expect(cliJson(['discs', destination]).find((disc) => disc['disc'] === lostDisc)).toMatchObject({
    state: 'lost',
  })
  const loss = cliJson(['discs', destination, '--if-lost', String(lostDisc)]).at(-1)
  expect(loss).toMatchObject({ files_lost: versions.size })

  // Again there is nothing to do.
  const again = await backup([lostDisc])
  expect(again).toMatchObject({ chunks: 0, filesLost: versions.size })
})

/** A restore of some paths leaves the time of the destination itself. */
const withoutLost = (tree: readonly string[], lost: readonly string[]): string[] =>
  tree.filter(
    (line) => !lost.some((name) => line.includes(name)) && !(lost.length > 0 && line.startsWith('. ')),
  )

test.each([[[]], [['--chunks-only']]])('an independent reader finds the new places, too: %j', (words) => {
  const into = path.join(scratch, `by-reader-${words.length}`)
  const reader = path.join(import.meta.dirname, '../../independent-reader/read.py')
  program('python3', [reader, ...words, '--at', '3', shelf, into])
  expect(describeTree(into)).toEqual(trees[3])
})

test('a catalog made again out of the chunks refers to what is there, too', async () => {
  const catalog = path.join(scratch, 'rebuilt.sqlite')
  await rebuild({ from: discFolders(shelf), catalog })
  const db = new Database(catalog, { readonly: true })
  const rows = db.prepare(`SELECT path, disc FROM restore_plan WHERE backup = 3 AND type = 'file'`).all() as { path: string; disc: number }[] // prettier-ignore
  db.close()
  const there = discFolders(shelf).map((folder) => Number(path.basename(folder).slice(5)))
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.filter(({ disc }) => !there.includes(disc))).toEqual([])
})

test('a restore by that catalog says what it may lack, and the next backup by it is whole', async () => {
  const catalog = path.join(scratch, 'rebuilt.sqlite')
  const into = path.join(scratch, 'by-rebuilt')
  const { status, stderr } = cli(['restore', shelf, into, '--index', catalog])
  expect(status).toBe(1)
  expect(lastLine(stderr)).toMatch(
    /^error: backup 3 may have more files than were restored: the catalog was rebuilt without chunks [\d, -]+ \(rebuild/,
  )
  expect(cliJson(['restore', shelf, into, '--index', catalog, '--dry-run']).at(-1)).toMatchObject({
    unknown_chunks: expect.stringMatching(/^\d/) as string,
  })
  const other = path.join(scratch, 'goes-on')
  await runBackup({ source, destination: other, index: catalog, medium: '1200000', compress: 'none' })
  const whole = path.join(scratch, 'whole')
  expect(cli(['restore', other, shelf, whole]).status).toBe(0)
  expect(describeTree(whole)).toEqual(describeTree(source))
})

test('on a lost disc no later backup relies', async () => {
  const lost = plan().find(({ backup: of, path: name }) => of === 1 && name === 'f3')
  expect(lost).toBeDefined()
  // The same bytes are in the source again: they are stored, for the disc that has them is lost.
  fs.writeFileSync(file('f2-again'), noise(240_002, 2))
  await backup()
  const row = plan().find(({ backup: of, path: name }) => of === 5 && name === 'f2-again')
  const there = discFolders(shelf).map((folder) => Number(path.basename(folder).slice(5)))
  expect(there).toContain(row?.disc)
})

test('on the command line', async () => {
  const present = cli(['backup', source, destination, '--replace-disc', '99'])
  expect(present).toMatchObject({ status: 2 })
  expect(lastLine(present.stderr)).toContain('there is no disc 99')
  fs.mkdirSync(path.join(destination, 'disc-0002'))
  const staged = cli(['backup', source, destination, '--replace-disc', '2'])
  expect(lastLine(staged.stderr)).toContain('disc 2 is not lost')
  fs.rmdirSync(path.join(destination, 'disc-0002'))
  const only = plan().findLast(({ path: name }) => /^f[1-46-9]$/.test(name))
  const number = only?.disc as number
  const gone = path.join(shelf, `disc-000${number}`)
  fs.rmSync(gone, { recursive: true })
  fs.rmSync(file(only?.path as string))
  const { status, stderr } = cli(['backup', source, destination, '--medium', '1200000', '--compress', 'none', '--replace-disc', String(number)]) // prettier-ignore
  expect(status).toBe(3)
  expect(stderr).toMatch(
    /warning: f\d: of backups? .* is lost with its disc: the source does not have it any more/,
  )
  expect(lastLine(stderr)).toMatch(/^warning: \d+ versions? of files on lost discs cannot be stored again/)
  const into = path.join(scratch, 'all')
  await restore({ from: [destination, shelf], destination: into })
  expect(describeTree(into)).toEqual(describeTree(source))
})
