import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** Imports point down: from a higher level to a lower one, or within a folder. */
const levels: Readonly<Record<string, number>> = {
  cli: 5,
  'index.ts': 4,
  library: 3.5,
  commands: 3,
  ...level(2, [
    'ingest',
    'diff',
    'pack',
    'disc',
    'restore',
    'verify',
    'burn',
    'spare',
    'rebuild',
    'label',
    'parity',
    'index-page',
  ]),
  ...level(1, ['catalog', 'crypto', 'compress', 'files']),
  ...level(0.5, ['image', 'programs']),
  ...level(0, ['format', 'errors.ts', 'events.ts']),
}

function level(number: number, folders: readonly string[]): Record<string, number> {
  return Object.fromEntries(folders.map((folder) => [folder, number]))
}

/** Relative references to other source files: imports of every kind, and the URLs of worker threads. */
const reference = /(['"`])(\.{1,2}\/[^'"`\s]*?\.(?:ts|js))\1/g

const files = globSync('**/*.ts', { cwd: source }).sort()
const room = (file: string): string => file.split(sep)[0] as string

function wrongArrow(from: string, to: string): string | undefined {
  const arrow = `${from} -> ${to}`
  const [above, below] = [room(from), room(to)]
  if (above === below) return undefined
  if (!existsSync(join(source, to))) return `${arrow}: there is no such file`
  const [fromLevel, toLevel] = [levels[above], levels[below]]
  if (fromLevel === undefined) return `${from}: ${above} has no level yet, see test/house/imports.test.ts`
  if (toLevel === undefined) return `${arrow}: ${below} has no level yet, see test/house/imports.test.ts`
  if (fromLevel < toLevel) return `${arrow}: points up`
  // The vocabulary: format/ and events.ts may name errors, and errors nothing.
  if (fromLevel === toLevel && below !== 'errors.ts')
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

test('a wrong arrow is told', () => {
  expect(wrongArrow('catalog/read-catalog.ts', 'crypto/secrets.ts')).toMatch('side by side')
  expect(wrongArrow('format/layout.ts', 'catalog/read-catalog.ts')).toMatch(/no such file|points up/)
  expect(wrongArrow('format/layout.ts', 'events.ts')).toMatch('side by side')
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
