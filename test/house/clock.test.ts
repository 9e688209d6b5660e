import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const tests = path.resolve(import.meta.dirname, '..')

test('no test of the suite compares the clock with a bound', () => {
  const files = fs
    .globSync('**/*.ts', { cwd: tests })
    .filter(
      (file) => !file.startsWith('browser') && !file.startsWith('bench') && file !== 'house/clock.test.ts',
    )
  expect(files.length).toBeGreaterThan(100)
  const clock = /(performance\.now|Date\.now|hrtime)[^\n]*toBeLess|performance\.now/
  expect(files.filter((file) => clock.test(fs.readFileSync(path.join(tests, file), 'utf8')))).toEqual([])
})
