/** The messages in docs/troubleshooting.md are those of the program. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readDocument, root } from './markdown.ts'

function sourceText(): string {
  const files = ['src', 'bin'].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name) => fs.readFileSync(path.join(root, folder, name), 'utf8')),
  )
  // A message may be put together of several strings.
  return files.join('\n').replaceAll(/[`'"]\s*\+\s*[`'"]/g, '')
}

/** The parts of a message that are the same each time: it has numbers and `...` between them. */
const fixedParts = (message: string): readonly string[] =>
  message
    .split(/\.\.\.|\b\d+\b/)
    .map((part) => part.trim().replaceAll(/^[(: ]+|[(: ]+$/g, ''))
    .filter((part) => part.length >= 8)

test('each message is one of the program', () => {
  const source = sourceText()
  const messages = [...readDocument('docs/troubleshooting.md').matchAll(/^\| (`.*?`) +\|/gm)].flatMap(
    ([, cell]) => [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, message]) => message as string),
  )
  expect(messages.length).toBeGreaterThan(20)
  const unknown = messages.filter((message) => fixedParts(message).some((part) => !source.includes(part)))
  expect(unknown).toEqual([])
})
