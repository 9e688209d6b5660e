import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf } from '../../src/media/digest.ts'
import { folderReader, type ReadAt } from '../../src/media/read-folder.ts'
import { noise } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'

const step = 65_536
const content = noise(9_000_000, 5)
let folder: string

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'read-folder-'))
  fs.writeFileSync(path.join(folder, 'file'), content)
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** Reads as a medium does that has bad bytes: what touches one of them fails as a whole. */
const scratched =
  (bad: readonly number[]): ReadAt =>
  async (handle, buffer, offset) => {
    if (bad.some((at) => at >= offset && at < offset + buffer.length)) {
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    return (await handle.read(buffer, 0, buffer.length, offset)).bytesRead
  }

test('a large file comes whole and in order', async () => {
  const { sha256, bytes, bad } = await digestOf(folderReader(folder), 'file', () => {})
  expect([bytes, bad]).toEqual([content.length, []])
  expect(
    program('sha256sum', [path.join(folder, 'file')])
      .toString()
      .slice(0, 64),
  ).toBe(sha256)
})

test('bad bytes cost the block that they are in, and the rest is read', async () => {
  const pieces: Buffer[] = []
  const reader = folderReader(folder, scratched([0, 3 * step + 5, 4 * step, 8_999_999]))
  const told: number[] = []
  const digest = await digestOf(
    reader,
    'file',
    (bytes) => told.push(bytes),
    (piece) => pieces.push(Buffer.from(piece)),
  )
  const last = Math.floor(content.length / step) * step
  expect(digest.bad).toEqual([
    { offset: 0, sizeBytes: step, reason: 'input/output error' },
    { offset: 3 * step, sizeBytes: 2 * step, reason: 'input/output error' },
    { offset: last, sizeBytes: content.length - last, reason: 'input/output error' },
  ])
  expect(digest.sha256).toBeUndefined()
  expect(told.reduce((a, b) => a + b)).toBe(content.length)
  expect(Buffer.concat(pieces).equals(Buffer.concat([content.subarray(step, 3 * step), content.subarray(5 * step, last)]))).toBe(true) // prettier-ignore
})

test('a file that cannot be opened is one bad range', async () => {
  const digest = await digestOf(folderReader(folder), 'gone', () => {})
  expect(digest).toMatchObject({
    bytes: 0,
    sha256: undefined,
    bad: [{ reason: 'no such file or directory' }],
  })
})
