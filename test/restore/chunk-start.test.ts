import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { backup } from '../../src/commands/backup/backup.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import { noise } from '../support/sample-trees.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'chunk-start-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

async function make(name: string, write: (source: string) => void) {
  const source = path.join(root, name, 'src')
  const destination = path.join(root, name, 'set')
  fs.mkdirSync(source, { recursive: true })
  write(source)
  await backup({ source, destination, medium: 'unlimited', jobs: 1, compress: 'bz2' })
  return { source, destination, chunk: path.join(destination, 'disc-0001', 'chunks', '00000001.tar.bz2') }
}

async function bring(set: { source: string; destination: string }, out: string, include: string[]) {
  const destination = path.join(root, out)
  const summary = await restore({ from: [set.destination], destination, include, jobs: 1 })
  for (const name of include) {
    const [back, was] = [destination, set.source].map((folder) => fs.readFileSync(path.join(folder, name)))
    expect(back?.equals(was as Buffer)).toBe(true)
  }
  return summary
}

longTest('what is before the first wanted file is not decompressed', async () => {
  const set = await make('letters', (source) => {
    for (const letter of 'abcdef')
      fs.writeFileSync(path.join(source, letter), Buffer.alloc(4e6, `${letter}more`))
    for (const letter of 'ghi')
      fs.writeFileSync(path.join(source, letter), noise(letter === 'i' ? 6e6 : 1e5, letter.charCodeAt(0)))
  })
  expect(await bring(set, 'sound', ['/g', '/h'])).toMatchObject({ failed: 0, warnings: 0 })
  const bytes = fs.readFileSync(set.chunk)
  bytes[40] = (bytes[40] as number) ^ 0xff // in the first block
  fs.writeFileSync(set.chunk, bytes)
  expect(await bring(set, 'late', ['/g', '/h'])).toMatchObject({ files: 2, failed: 0, warnings: 0 })
  expect(await bring(set, 'early', ['/c', '/h'])).toMatchObject({ files: 2, failed: 0, warnings: 1 })
})

test('a file that is before where it was looked for is found all the same', async () => {
  const set = await make('holes', (source) => {
    fs.writeFileSync(path.join(source, 'a'), 'of it only this is stored')
    fs.truncateSync(path.join(source, 'a'), 60e6)
    fs.writeFileSync(path.join(source, 'b'), 'and this')
  })
  expect(await bring(set, 'b', ['/b'])).toMatchObject({ files: 1, failed: 0, warnings: 0 })
})
