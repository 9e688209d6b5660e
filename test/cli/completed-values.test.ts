import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { cli } from './cli.ts'

const { folder, remove } = scratchFolder()
const dest = path.join(folder, 'dest')
afterAll(remove)

beforeAll(async () => {
  const source = path.join(folder, 'source')
  fs.mkdirSync(source)
  for (const content of ['one', 'two']) {
    fs.writeFileSync(path.join(source, 'a'), content)
    await runBackup({ source, destination: dest })
  }
})

const completed = (...words: string[]): string[] =>
  cli(['--get-yargs-completions', 'butcher', ...words])
    .stdout.trimEnd()
    .split('\n')

test('a shell completes the values that are known', () => {
  expect(completed('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  expect(completed('completion', 'z')).toEqual(['zsh'])
  expect(completed('backup', 'a', dest, '--medium', 'bd')).toEqual(['bd25', 'bd50', 'bd100', 'bd128'])
  expect(completed('list', dest, '--at', '')).toEqual(['1', '2'])
  expect(completed('burn', dest, '')).toEqual(['1'])
  expect(completed('discs', dest, '--lost', '')).toEqual(['1'])
  expect(completed('backup', 'a', dest, '--compress', 'b')).toEqual(['bz2'])
  expect(completed('ver')).toContain('verify')
})
