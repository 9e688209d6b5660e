import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { NewFile } from '../../src/files/new-file.ts'
import { noise } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'new-file-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

async function write(file: string, data: Buffer): Promise<{ bytes: number; sha256: string }> {
  const written = new NewFile(file)
  try {
    for (let done = 0, step = 1; done < data.length; done += step, step = (step * 7) % 1_300_001) {
      written.append(data.subarray(done, done + step))
      await written.wait()
    }
    return await written.finish()
  } catch (error) {
    await written.drop()
    throw error
  }
}

const block = 1 << 20

test.each([0, 1, block - 1, block, block + 1, 7 * block, 9_999_999])('%i bytes', async (length) => {
  const data = noise(length, 3)
  const file = path.join(root, `f-${length}`)
  expect(await write(file, data)).toEqual({
    bytes: length,
    sha256: createHash('sha256').update(data).digest('hex'),
  })
  expect(fs.readFileSync(file).equals(data)).toBe(true)
})

test('a file that is there is not touched', () => {
  const file = path.join(root, 'there')
  fs.writeFileSync(file, 'stays')
  expect(() => new NewFile(file)).toThrow('EEXIST')
  expect(fs.readFileSync(file, 'utf8')).toBe('stays')
})

test.each([['tmpfs', ['-t', 'tmpfs', '-o', 'size=5m', 'none']]] as const)(
  'on %s, and what a full one cannot take is told',
  async (_, mount) => {
    const folder = fs.mkdtempSync(path.join(root, 'm-'))
    program('mount', [...mount, folder])
    try {
      const file = path.join(folder, 'f')
      const data = noise(3_500_000, 4)
      await write(file, data)
      expect(fs.readFileSync(file).equals(data)).toBe(true)
      await expect(write(path.join(folder, 'g'), data)).rejects.toMatchObject({ code: 'ENOSPC' })
      expect(fs.readdirSync(folder)).toEqual(['f'])
    } finally {
      program('umount', [folder])
    }
  },
)

test('on a small ext4 that is full in the middle of a block', async () => {
  const image = path.join(root, 'image')
  fs.writeFileSync(image, '')
  fs.truncateSync(image, 8 << 20)
  program('mkfs.ext4', ['-q', '-m', '0', '-O', '^has_journal', image])
  const folder = fs.mkdtempSync(path.join(root, 'm-'))
  program('mount', ['-o', 'loop', image, folder])
  try {
    const file = path.join(folder, 'f')
    await expect(write(file, noise(9_000_000, 5))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(fs.existsSync(file)).toBe(false)
    expect((await write(file, noise(6_000_000, 6))).bytes).toBe(6_000_000)
  } finally {
    program('umount', ['-l', folder])
  }
})

test('where no memory begins with a page it goes through the cache', async () => {
  const { Memory } = WebAssembly
  try {
    Object.assign(WebAssembly, {
      Memory: function noRoom() {
        throw new RangeError('no room for it')
      },
    })
    vi.resetModules()
    const { NewFile: Fresh } = await import('../../src/files/new-file.ts')
    const written = new Fresh(path.join(root, 'through'))
    const data = noise(3_333_333, 7)
    written.append(data)
    expect((await written.finish()).bytes).toBe(data.length)
    expect(fs.readFileSync(path.join(root, 'through')).equals(data)).toBe(true)
  } finally {
    Object.assign(WebAssembly, { Memory })
  }
})
