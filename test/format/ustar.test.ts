import { once } from 'node:events'
import * as fc from 'fast-check'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { writeUstar } from '../../src/format/ustar.ts'
import { program } from '../support/tree.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', ' '), minLength: 1, maxLength: 99 })
const fields = fc.record({
  name: fc.oneof(
    letters,
    fc.tuple(letters, letters).map(([a, b]) => `${a}/${b}`),
  ),
  type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const, 'fifo' as const),
  size: fc.oneof(
    fc.nat(),
    fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 47),
  ),
  // To tar-stream 0 is none given.
  mode: fc.integer({ min: 1, max: 0o7777 }),
  uid: fc.nat(0o777777),
  gid: fc.nat(0o777777),
  mtime: fc.nat(2 ** 31 - 1),
})
const names = fc.record({
  uname: letters.map((x) => x.slice(0, 31)),
  gname: letters.map((x) => x.slice(0, 31)),
  linkname: letters,
})

test('a header is that of another program, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(fields, names, async (one, { uname, gname, linkname }) => {
      const size = one.type === 'file' ? one.size : 0
      const header = { ...one, size, uname, gname, ...(one.type === 'symlink' ? { linkname } : {}) }
      const block = Buffer.alloc(514, 7)
      writeUstar(block, 1, header)
      const other = pack()
      other.entry({ ...header, mtime: new Date(one.mtime * 1000) }).on('error', () => {})
      const [expected] = (await once(other, 'data')) as [Buffer]
      other.destroy()
      expect(block.subarray(1, 513).toString('latin1')).toBe(expected.toString('latin1'))
      expect([block[0], block[513]]).toEqual([7, 7])
    }),
    { numRuns: 300 },
  )
})

test('an owner whose number is above what that program can write is what GNU tar lists', () => {
  const block = Buffer.alloc(512)
  const uid = 0o7654321
  writeUstar(block, 0, { name: 'a', type: 'file', size: 0, mode: 0o644, uid, gid: 0o1000000, mtime: 0 })
  const listed = program('tar', ['--numeric-owner', '-tvf', '-'], {
    input: Buffer.concat([block, Buffer.alloc(1024)]),
  })
  expect(listed.toString()).toContain(`${uid}/${0o1000000}`)
})
