import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { rooms, roomsTable } from './rooms.ts'

const source = fileURLToPath(new URL('../../src', import.meta.url))

const levels = new Map(rooms.map(({ name, level }) => [name.replace(/\/$/, ''), level]))

/** Relative references to other source files: imports of every kind, and the URLs of worker threads. */
const reference = /(['"`])(\.{1,2}\/[^'"`\s]*?\.(?:tsx?|js))\1/g

const files = globSync('**/*.{ts,tsx}', { cwd: source }).sort()
/** Each verb is a room of its own. */
function room(file: string): string {
  const [outer, inner] = file.split(sep) as [string, string]
  return outer === 'commands' ? `${outer}/${inner}` : outer
}

/** `burn --follow` makes backups and burns them in turn. */
const isAllowed = (from: string, to: string): boolean =>
  from.startsWith('commands/burn/follow') && to.startsWith('commands/backup/')

function wrongArrow(from: string, to: string): string | undefined {
  const arrow = `${from} -> ${to}`
  const [above, below] = [room(from), room(to)]
  if (above === below || isAllowed(from, to)) return undefined
  if (!existsSync(join(source, to))) return `${arrow}: there is no such file`
  const [fromLevel, toLevel] = [levels.get(above), levels.get(below)]
  if (fromLevel === undefined) return `${from}: ${above} has no level yet, see test/house/rooms.ts`
  if (toLevel === undefined) return `${arrow}: ${below} has no level yet, see test/house/rooms.ts`
  if (fromLevel < toLevel) return `${arrow}: points up`
  if (fromLevel === toLevel && above !== 'index.ts')
    return `${arrow}: ${above} and ${below} stand side by side`
  return undefined
}

test('imports point down', () => {
  expect(files.length).toBeGreaterThan(10)
  const wrong = files.flatMap((from) =>
    [...readFileSync(join(source, from), 'utf8').matchAll(reference)].flatMap((match) => {
      const target = relative(source, join(source, dirname(from), match[2] as string)).replace(/\.js$/, '.ts')
      return wrongArrow(from, target) ?? []
    }),
  )
  expect(wrong).toEqual([])
})

/**
 * A room with a database of its own, beside the catalog. `format/` has the schema of the catalog, as text.
 */
const databases = ['sqlite', 'catalog', 'restore', 'jobs']
const asksDatabase = /\.(?:prepare|pragma)\([^)]|\bdb\.exec\(/

test('SQL stands in the rooms of databases', () => {
  const elsewhere = files.filter(
    (file) => !databases.includes(room(file)) && asksDatabase.test(readFileSync(join(source, file), 'utf8')),
  )
  expect(elsewhere).toEqual([])
})

test('docs/design.md shows the rooms as they are', () => {
  const design = readFileSync(new URL('../../docs/design.md', import.meta.url), 'utf8')
  expect(design).toContain(roomsTable())
})

test('the drawings of docs/design.md name files that exist, in lines of at most 100 columns', () => {
  const design = readFileSync(new URL('../../docs/design.md', import.meta.url), 'utf8')
  const drawings = [...design.matchAll(/^```text\n([^]*?)^```/gm)].map(([, drawing]) => drawing as string)
  const named = drawings.flatMap((drawing) => drawing.match(/[\w/-]+\.ts\b/g) ?? [])
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter((file) => !existsSync(join(source, file)))).toEqual([])
  expect(drawings.flatMap((drawing) => drawing.split('\n')).filter(({ length }) => length > 100)).toEqual([])
})

test('a wrong arrow is told', () => {
  expect(wrongArrow('catalog/read-catalog.ts', 'crypto/secrets.ts')).toMatch('side by side')
  expect(wrongArrow('format/layout.ts', 'catalog/read-catalog.ts')).toMatch(/no such file|points up/)
  expect(wrongArrow('format/layout.ts', 'set/journal.ts')).toMatch('points up')
  expect(wrongArrow('commands/restore/restore.ts', 'commands/backup/backup.ts')).toMatch('side by side')
  expect(wrongArrow('commands/burn/follow.ts', 'commands/backup/backup.ts')).toBeUndefined()
  expect(wrongArrow('format/medium.ts', 'errors.ts')).toBeUndefined()
})

test('a file holds one idea: at most 300 lines', () => {
  const long = files.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > 301)
  expect(long).toEqual([])
})

test('no barrels but the library itself, no rooms for odds and ends', () => {
  const barrels = files.filter(
    (file) => file !== 'index.ts' && /^export .*\bfrom '/m.test(readFileSync(join(source, file), 'utf8')),
  )
  expect(barrels).toEqual([])
  expect(files.filter((file) => /\b(utils?|helpers?|common|misc)\b/.test(file))).toEqual([])
})

test('every program gets an environment of our choice', () => {
  const runners = files.filter((file) =>
    /^import (?!type).*\b(?:spawn|exec)\w*\b.* from 'node:child_process'/m.test(
      readFileSync(join(source, file), 'utf8'),
    ),
  )
  expect(runners).toContain(join('programs', 'run-program.ts'))
  const own = runners.filter(
    (file) => !readFileSync(join(source, file), 'utf8').includes('programEnvironment('),
  )
  expect(own).toEqual([])
})
