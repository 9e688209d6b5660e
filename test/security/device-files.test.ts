/** The files beside an image come from anywhere: they may hold anything. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { hasMisplacedBackup, movedGpt } from '../../src/device/gpt.ts'
import { parseMounts } from '../../src/files/mount-table.ts'
import { readImageRecord, readSum } from '../../src/device/side-cars.ts'
import { parseSectorMap } from '../../src/format/sector-map.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'device-files-'))
const image = path.join(root, 'card.img')
afterAll(() => fs.rmSync(root, { recursive: true }))

describe('a map of bad sectors', () => {
  const lines = (...ranges: readonly string[]): string =>
    [
      '# Mapfile. Created by GNU ddrescue version 1.27',
      '0x00300000     ?               1',
      ...ranges,
      '',
    ].join('\n')

  test('everything that is not finished is bad', () => {
    const map = parseSectorMap(
      lines('0x0 0x1000 +', '0x1000 0x200 -', '0x1200 0x200 *', '0x1400 0xC00 +'),
      0x3000,
    )
    expect(map?.ranges('-')).toMatchObject([
      { offset: 0x1000, sizeBytes: 0x400 },
      { offset: 0x2000, sizeBytes: 0x1000 },
    ])
  })

  test.each([
    ['ranges that overlap', ['0x0 0x1000 +', '0x800 0x1000 -']],
    ['a range beyond the disk', ['0x0 0x4000 +']],
    ['no range', []],
    ['an empty range', ['0x0 0x0 +']],
    ['a negative one', ['-1 0x10 +']],
    ['a size that is no number', ['0x0 0xzz +']],
    ['a size beyond all numbers', ['0x0 0xfffffffffffffffffffffff +']],
    ['another status', ['0x0 0x10 !']],
  ])('%s is refused', (_, ranges) => {
    expect(parseSectorMap(lines(...ranges), 0x3000)).toBeUndefined()
  })
})

describe('a record', () => {
  test.each([
    'null',
    '[]',
    '{',
    '{"device_bytes": -1, "raw_sha256": "x"}',
    `{"device_bytes": 1e300, "raw_sha256": "${'0'.repeat(64)}"}`,
    `{"device_bytes": "512", "raw_sha256": "${'0'.repeat(64)}"}`,
  ])('%s counts as none', (text) => {
    fs.writeFileSync(`${image}.json`, text)
    expect(readImageRecord(image)).toBeUndefined()
  })
})

test('a list of sums that does not name the image gives no sum', () => {
  fs.writeFileSync(`${image}.sha256`, `${'0'.repeat(64)}  ../card.img\n${'1'.repeat(64)} card.img\n`)
  expect(readSum(image)).toEqual({ kind: 'sha256', sum: null })
  fs.writeFileSync(`${image}.sha256`, `${'a'.repeat(64)} *card.img\n`)
  expect(readSum(image)).toEqual({ kind: 'sha256', sum: 'a'.repeat(64) })
})

test('no beginning of a disk makes the reader of partition tables fail', () => {
  const head = fc.uint8Array({ minLength: 512, maxLength: 20_000, size: 'max' })
  fc.assert(
    fc.property(head, fc.nat(8192), (bytes, at) => {
      const disk = new Uint8Array(32_768)
      disk.set(bytes.subarray(0, 32_768))
      disk.set(Buffer.from('EFI PART'), 512)
      disk[512 + 12] = at % 256
      expect(hasMisplacedBackup(disk, 512, 1 << 20)).toBe(false)
      expect(movedGpt(disk, 512, 1 << 20)).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})

test('a mount table of any bytes gives mounts or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(Array.isArray(parseMounts(Buffer.from(bytes)))).toBe(true)
    }),
    { numRuns: 200 },
  )
  const line = '36 35 98:0 / /media/a\\040b rw,noatime master:1 - ext3 /dev/root rw\n'
  expect(parseMounts(Buffer.from(line))).toMatchObject([
    { number: '98:0', place: '/media/a b', fileSystem: 'ext3', source: '/dev/root' },
  ])
})
