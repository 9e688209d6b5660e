import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** A signal's own method throws a DOMException, and the words of a stop are in errors.ts. */
const otherSpellings =
  /\.throwIfAborted\(|new ButcherError\(\s*'aborted'|\bif \([\w.#?]*signal\??\.aborted\) throw\b/

test('a run that is stopped throws the error of errors.ts, and no other', () => {
  const files = globSync('**/*.ts', { cwd: source }).filter((file) => file !== 'errors.ts')
  const wrong = files.filter((file) => otherSpellings.test(readFileSync(join(source, file), 'utf8')))
  expect(wrong).toEqual([])
})

test.each([
  'signal?.throwIfAborted()',
  "throw new ButcherError('aborted', 'stopped')",
  'if (this.#job.signal?.aborted) throw stopped()',
])('another spelling is found: %s', (line) => {
  expect(line).toMatch(otherSpellings)
})
