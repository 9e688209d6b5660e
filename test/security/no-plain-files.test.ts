/**
 * Pipes, devices and links where a disc's files should be: opening one must not wait, reading one must end.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectNothingOutside, hostileSet, restoredNames, restoreHostile } from './hostile-set.ts'

const maxCpuSeconds = 8

const isRoot = process.getuid?.() === 0

describe('in place of a chunk', () => {
  const kinds: [string, (file: string, outside: string) => void][] = [
    ['a pipe that nobody writes to', (file) => void execFileSync('mkfifo', [file])],
    ['a link to a device without an end', (file) => fs.symlinkSync('/dev/zero', file)],
    ['a link to a file outside', (file, outside) => fs.symlinkSync(path.join(outside, 'victim'), file)],
    ['a link to itself', (file) => fs.symlinkSync(path.basename(file), file)],
    ['a folder', (file) => fs.mkdirSync(file)],
    ['a file that is all hole, of 4 TB', (file) => fs.truncateSync(touched(file), 4e12)],
    // Only root makes devices; for others the link above stands for it.
    ...(isRoot
      ? [
          ['a device', (file: string) => void execFileSync('mknod', [file, 'c', '1', '5'])] as [
            string,
            () => void,
          ],
        ]
      : []),
  ]
  const touched = (file: string): string => {
    fs.writeFileSync(file, '')
    return file
  }

  test.each(kinds)('%s', async (_, make) => {
    const set = await hostileSet({ good: 'good' }, '', { compression: 'none' })
    const file = set.chunks[0] as string
    fs.rmSync(file)
    make(file, set.outside)
    const { summary, told, cpuSeconds } = await restoreHostile(set)
    expect([summary.files, summary.failed]).toEqual([0, 1])
    expect(told[0]).toMatch(/^chunk 00000001\.tar\S* on disc 1 is damaged: /)
    expect(told[1]).toMatch(/^not restored: good: /)
    expect(restoredNames(set)).toEqual([])
    expectNothingOutside(set)
    expect(cpuSeconds).toBeLessThan(maxCpuSeconds)
  })
})

describe('in place of the other files of a disc', () => {
  test('SHA256SUMS as a pipe, a device, or of gigabytes: left aside', async () => {
    for (const make of [
      (file: string) => void execFileSync('mkfifo', [file]),
      (file: string) => fs.symlinkSync('/dev/zero', file),
      (file: string) => {
        fs.writeFileSync(file, '')
        fs.truncateSync(file, 8e9)
      },
    ]) {
      const set = await hostileSet({ good: 'good' }, '', { discsOnly: true, chunksPerDisc: 1 })
      const sums = path.join(set.discs[0] as string, 'SHA256SUMS')
      fs.rmSync(sums)
      make(sums)
      const { summary, cpuSeconds } = await restoreHostile(set)
      expect(summary.files).toBe(1)
      expect(cpuSeconds).toBeLessThan(maxCpuSeconds)
    }
  })

  test('a catalog that is a pipe is no catalog', async () => {
    const set = await hostileSet({ good: 'good' })
    for (const file of [set.catalog, path.join(set.discs[0] as string, 'catalog.sqlite.bz2')]) {
      fs.rmSync(file)
      execFileSync('mkfifo', [file])
    }
    await expect(restoreHostile(set)).rejects.toMatchObject({ code: 'catalog' })
  })

  test('five hundred files that are no chunks, and five hundred that are of no catalog', async () => {
    const set = await hostileSet({ good: 'good' })
    const chunks = path.dirname(set.chunks[0] as string)
    for (let i = 0; i < 500; i++) {
      fs.writeFileSync(path.join(chunks, `x${i}`), '')
      fs.writeFileSync(path.join(chunks, `${90_000_000 + i}.tar`), '')
    }
    const { summary, cpuSeconds } = await restoreHostile(set)
    expect(summary.files).toBe(1)
    expect(cpuSeconds).toBeLessThan(maxCpuSeconds)
  })
})
