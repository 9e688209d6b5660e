import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const documents = [
  'README.md',
  'CHANGELOG.md',
  'docs/design.md',
  'docs/discs.md',
  'docs/format.md',
  'docs/restore-by-hand.md',
]
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

/** The GitHub anchors of a document's headings. */
function anchors(document: string): Set<string> {
  const headings = readFileSync(document, 'utf8').matchAll(/^#+ (.*)$/gm)
  return new Set(
    [...headings].map(([, title]) =>
      (title as string)
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function missingFrom(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  const missing: string[] = []
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    const [path, anchor] = (target as string).split('#') as [string, string?]
    if (/^[a-z]+:/.test(path)) continue
    const file = path === '' ? join(root, document) : join(root, dirname(document), path)
    if (!existsSync(file)) missing.push(target as string)
    else if (anchor !== undefined && !anchors(file).has(anchor)) missing.push(target as string)
  }
  for (const [, path] of text.matchAll(/`((?:src|test|docs|scripts|bin)\/[\w./-]*)`/g)) {
    if (!existsSync(join(root, path as string))) missing.push(path as string)
  }
  for (const [, script] of text.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)) {
    if (scripts[script as string] === undefined) missing.push(`npm run ${script}`)
  }
  return missing
}

test.each(documents)('every link, file and script that %s names is there', (document) => {
  expect(missingFrom(document)).toEqual([])
})

test('every script of package.json that is a file is there', () => {
  const paths = Object.values(scripts).flatMap((command) => command.match(/\bscripts\/[\w.-]+/g) ?? [])
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
