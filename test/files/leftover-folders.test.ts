import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { leftovers, namePrefix } from '../../src/files/leftover-folders.ts'
import { openToRead } from '../../src/files/open-to-read.ts'
import { fileTime } from '../../src/files/windows-calls.ts'
import { freshFolder } from '../security/hostile-set.ts'

test('only folders of dead processes, and only those of butcher, are leftovers', () => {
  const dead = `${namePrefix('store-test', 12)}aB3dEf`
  const names = [
    dead,
    `${namePrefix('run', 13)}aB3dEf`,
    'butcher-run-aB3dEf',
    'butcher-run-12-aB3dEf-mine',
    'my-butcher-run-12-aB3dEf',
    'butcher-run--12-aB3dEf',
    '12',
  ]
  expect(leftovers(names, (pid) => pid === 13)).toEqual([dead])
})

test.each(['linux', 'win32'] as const)('%s reads a file, and refuses a symlink', (system) => {
  const folder = freshFolder()
  fs.writeFileSync(path.join(folder, 'file'), 'content')
  fs.symlinkSync('file', path.join(folder, 'link'))
  const descriptor = openToRead(path.join(folder, 'file'), 0, system)
  expect(fs.readFileSync(descriptor, 'utf8')).toBe('content')
  fs.closeSync(descriptor)
  expect(() => openToRead(path.join(folder, 'link'), 0, system)).toThrow(/ELOOP/)
})

test.each([
  [{ seconds: 0, nanoseconds: 0 }, 116_444_736_000_000_000n],
  [{ seconds: 981_173_106, nanoseconds: 123_456_789 }, 126_256_467_061_234_567n],
  [{ seconds: -20_000_000_000, nanoseconds: 0 }, 0n],
])('the time %j as Windows has it', (time, units) => {
  expect(fileTime(time).readBigUInt64LE()).toBe(units)
})
