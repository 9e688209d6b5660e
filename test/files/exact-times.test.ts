import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { setFileTime, setPathTime, timesAreExact } from '../../src/files/exact-times.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'exact-times-'))

afterAll(() => fs.rmSync(folder, { recursive: true }))

test.each([
  [0, 0],
  [1_700_000_000, 123_456_789],
  [1_999_999_999, 999_999_999],
  [-1000, 5],
  [-1, 999_999_999],
  [4_000_000_000, 1],
])(
  '%i s and %i ns, of files, by path, of symlinks and of names that are no UTF-8',
  (seconds, nanoseconds) => {
    expect(timesAreExact).toBe(true)
    const expected = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
    const file = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])])
    fs.writeFileSync(file, '')
    const link = path.join(folder, 'link')
    fs.rmSync(link, { force: true })
    fs.symlinkSync('nowhere', link)
    const before = fs.statSync(file, { bigint: true })
    const descriptor = fs.openSync(file, 'r')
    setFileTime(descriptor, { seconds, nanoseconds })
    fs.closeSync(descriptor)
    const after = fs.statSync(file, { bigint: true })
    expect(after.mtimeNs).toBe(expected)
    expect(after.atimeNs).toBe(before.atimeNs)
    setPathTime(file, { seconds: 1, nanoseconds: 2 })
    expect(fs.statSync(file, { bigint: true }).mtimeNs).toBe(1_000_000_002n)
    setPathTime(link, { seconds, nanoseconds })
    expect(fs.lstatSync(link, { bigint: true }).mtimeNs).toBe(expected)
  },
)

test('a file that is not there is an error', () => {
  expect(() => setPathTime(path.join(folder, 'nothing'), { seconds: 1, nanoseconds: 0 })).toThrow(
    'cannot set the time',
  )
})
