import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { commandOf, commandsBelow } from '../../src/cli/command-list.ts'
import { documents, fences, prose, readDocument, root } from '../docs/markdown.ts'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

/** The GitHub anchors of a document's headings. */
function anchors(file: string): Set<string> {
  const headings = prose(readFileSync(file, 'utf8')).matchAll(/^#+ (.*)$/gm)
  const seen = new Map<string, number>()
  const found = new Set<string>()
  for (const [, title] of headings) {
    const anchor = (title as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    found.add(times === 0 ? anchor : `${anchor}-${times}`)
  }
  return found
}

/** The targets of links and pictures, those in HTML as well. */
function targets(text: string): readonly string[] {
  const plain = prose(text).replaceAll(/`[^`\n]*`/g, '')
  const inMarkdown = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
  const references = [...plain.matchAll(/^\[[^\]]+\]: (\S+)/gm)]
  const inHtml = [...plain.matchAll(/(?:src|href)="([^"]*)"/g)]
  return [...inMarkdown, ...references, ...inHtml].map(([, target]) => target as string)
}

function missingFrom(document: string): string[] {
  const text = readDocument(document)
  const missing: string[] = []
  for (const target of targets(text)) {
    const [path, anchor] = target.split('#') as [string, string?]
    if (/^[a-z]+:/.test(path)) continue
    const file = path === '' ? join(root, document) : join(root, dirname(document), path)
    if (!existsSync(file)) missing.push(target)
    else if (anchor !== undefined && !anchors(file).has(anchor)) missing.push(target)
  }
  for (const [, path] of text.matchAll(/`((?:src|test|docs|scripts|bin)\/[\w./-]*)`/g)) {
    if (!existsSync(join(root, path as string))) missing.push(path as string)
  }
  for (const [, script] of text.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)) {
    if (scripts[script as string] === undefined) missing.push(`npm run ${script}`)
  }
  return missing
}

test.each(documents())('every link, anchor, file and script that %s names is there', (document) => {
  expect(missingFrom(document)).toEqual([])
})

/** `butcher COMMAND ...` in blocks and code spans, with the rest of the line. */
function calls(text: string): readonly { readonly command: string; readonly rest: string }[] {
  const code = [
    ...fences(text)
      .filter(({ language }) => ['sh', 'console', ''].includes(language))
      .flatMap(({ code: block }) => block.replaceAll('\\\n', ' ').split('\n'))
      .map((line) => line.replace(/(^|\s)#.*$/, '').replace(/^\$ /, '')),
    ...[...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span as string),
  ]
  return code.flatMap((line) =>
    [...line.matchAll(/(?:^|[;&|]\s*|\/dest )butcher ([a-z][a-z-]*)([^;&|]*)/g)].map(([, command, rest]) => ({
      command: command as string,
      rest: rest as string,
    })),
  )
}

const everywhere = ['help', 'version', 'json', 'quiet', 'no-progress']

test.each(documents().filter((document) => document !== 'CHANGELOG.md'))(
  'every command and option that %s shows is there',
  async (document) => {
    const unknown: string[] = []
    for (const { command, rest } of calls(readDocument(document))) {
      const entry = commandOf([command, ...rest.trim().split(/\s+/)])
      // `butcher partition` alone names the commands below it.
      if (entry === undefined && rest.trim() === '' && commandsBelow(command).length > 0) continue
      if (entry === undefined) {
        unknown.push(`butcher ${command}`)
        continue
      }
      const taken: readonly string[] = (await entry.load()).options
      for (const [, option] of rest.matchAll(/(?:^|\s)--([a-z][a-z-]*)/g)) {
        if (!taken.includes(option as string) && !everywhere.includes(option as string)) {
          unknown.push(`butcher ${command} --${option}`)
        }
      }
    }
    expect(unknown).toEqual([])
  },
)

test('links lead from the README to every page', () => {
  const reached = new Set<string>(['README.md'])
  for (const document of reached) {
    if (!document.endsWith('.md') || !existsSync(join(root, document))) continue
    for (const target of targets(readDocument(document))) {
      const [path] = target.split('#') as [string]
      if (path !== '' && !/^[a-z]+:/.test(path)) reached.add(join(dirname(document), path))
    }
  }
  expect(documents().filter((document) => !reached.has(document))).toEqual([])
})

test('the README is short enough to be read', () => {
  expect(Buffer.byteLength(readDocument('README.md'))).toBeLessThan(10_500)
})

test('every script of package.json that is a file is there', () => {
  const paths = Object.values(scripts).flatMap((command) => command.match(/\bscripts\/[\w.-]+/g) ?? [])
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
