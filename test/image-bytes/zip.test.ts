import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBytes } from '../../src/image-bytes/open-bytes.ts'

let folder: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zip-'))
})

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

function zip(words: readonly string[], names: readonly string[]): string {
  for (const name of names) fs.writeFileSync(path.join(folder, name), name.repeat(1000))
  execFileSync('zip', ['-q', ...words, 'all.zip', ...names], { cwd: folder })
  return path.join(folder, 'all.zip')
}

test('an archive of two files', async () => {
  await expect(openBytes([zip([], ['a', 'b'])])).rejects.toMatchObject({
    code: 'source',
    message: `cannot read ${folder}/all.zip: the archive holds 2 files, not one`,
  })
})

test('an archive without files', async () => {
  const file = path.join(folder, 'none.zip')
  fs.writeFileSync(file, Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]))
  await expect(openBytes([file])).rejects.toThrow('the archive holds 0 files, not one')
})

test('an encrypted file, and a method that is not known', async () => {
  await expect(openBytes([zip(['-P', 'secret'], ['a'])])).rejects.toThrow('a is encrypted')
  fs.rmSync(path.join(folder, 'all.zip'))
  await expect(openBytes([zip(['-Z', 'bzip2'], ['a'])])).rejects.toThrow('a uses the compression method 12')
})

test('a size that lies, and an offset outside', async () => {
  const file = zip([], ['a'])
  const sound = fs.readFileSync(file)
  const entry = sound.lastIndexOf('PK\u0001\u0002')
  for (const field of [20, 24, 42]) {
    const bytes = Buffer.from(sound)
    bytes.writeUInt32LE(0x7fff_ffff, entry + field)
    fs.writeFileSync(file, bytes)
    const reading = async (): Promise<void> => {
      const opened = await openBytes([file])
      for await (const piece of opened.stream()) void piece
    }
    await expect(reading()).rejects.toMatchObject({ code: 'damaged', path: file })
  }
})
