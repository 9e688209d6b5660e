import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderReader } from '../../src/media/read-folder.ts'
import { identifyChunk } from '../../src/verify/identify-chunk.ts'
import { gpgEncrypt } from '../support/make-set.ts'
import { noise } from '../support/sample-trees.ts'

const passphrase = 'open sesame'
const set = '0b6d2a3c-0000-4000-8000-000000000001'
let folder: string
let tar: Buffer

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'identify-'))
  fs.mkdirSync(path.join(folder, '.butcher'))
  fs.writeFileSync(path.join(folder, 'content'), noise(300_000, 1))
  const line = JSON.stringify({ t: 'chunk', format: 1, set, chunk: 7, disc: 1, backup: 1 })
  fs.writeFileSync(
    path.join(folder, '.butcher/manifest-00000007.jsonl'),
    `${line}\n${'{"t":"end"}\n'.repeat(2000)}`,
  )
  const members = ['content', '.butcher/manifest-00000007.jsonl']
  tar = execFileSync('tar', ['--format=ustar', '-C', folder, '-c', ...members], { maxBuffer: 1 << 26 })
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

async function identify(name: string, bytes: Buffer, secret?: string) {
  fs.writeFileSync(path.join(folder, name), bytes)
  return identifyChunk(folderReader(folder), name, secret === undefined ? {} : { passphrase: secret })
}

test('a chunk says of which set it is, and its number', async () => {
  const is = { set, chunk: 7 }
  expect(await identify('00000001.tar', tar)).toEqual(is)
  expect(await identify('00000001.tar.gz', execFileSync('gzip', ['-c'], { input: tar }))).toEqual(is)
  expect(await identify('00000001.tar.gpg', gpgEncrypt(tar, { passphrase }), passphrase)).toEqual(is)
})

test('a chunk whose tar is damaged before the manifest says so too', async () => {
  const damaged = Buffer.from(tar)
  damaged.fill(0xff, 0, 512)
  expect(await identify('00000001.tar', damaged)).toEqual({ set, chunk: 7 })
})

test('a chunk that does not open, a file of some other kind, and one that does not tell', async () => {
  expect(await identify('00000001.tar.gpg', gpgEncrypt(tar, { passphrase }), 'another')).toBe('closed')
  expect(await identify('00000001.tar.bz2', noise(5000, 2))).toBe('strange')
  expect(await identify('00000001.tar', tar.subarray(0, 100_000))).toBeUndefined()
  expect(await identify('notes.txt', tar)).toBeUndefined()
})
