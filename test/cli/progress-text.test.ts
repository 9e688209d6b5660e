import { expect, test } from 'vitest'
import { showTimeLeft } from '../../src/cli/show.ts'
import { progressText, type StageProgress } from '../../src/cli/progress-text.ts'

const stage: StageProgress = {
  stage: 'pack',
  startedMs: 1000,
  endedMs: undefined,
  bytes: 450e6,
  files: 1200,
  totalBytes: 1e9,
  totalFiles: 3000,
  disc: 2,
  chunk: 17,
}

test('disc, share, bytes and time left', () => {
  const packing = { ...stage, disc: 3, lastDisc: 79, bytes: 241e9, totalBytes: 1.9e12 }
  const words = 'disc 3 of about 79 · 12 % · 241 GB of 1.90 TB · 3 h left'
  expect(progressText(packing, 1_571_000, 120)).toBe(`packing     [##------------------] ${words}`)
  expect(progressText(packing, 1_571_000, 80)).toBe(`packing     [#--------] ${words}`)
})

test('without a last disc there are disc and chunk', () => {
  expect(progressText(stage, 10_000, 105)).toMatch(
    / disc 2, chunk 17 · 45 % · 450 MB of 1\.00 GB · 11 s left$/,
  )
})

test.each([
  [1, '1 s'],
  [59, '59 s'],
  [60, '1 min'],
  [5000, '83 min'],
  [11_000, '3 h'],
  [170_000, '47 h'],
  [200_000, '2 days'],
])('%i seconds are left', (seconds, words) => {
  expect(showTimeLeft(seconds)).toBe(words)
})

test('something moves each second while the time left is unknown', () => {
  const scanning = { ...stage, stage: 'scan', totalBytes: undefined, totalFiles: undefined } as const
  const begun = { ...stage, bytes: 0 }
  for (const progress of [scanning, begun]) {
    const lines = [0, 1, 2, 3].map((second) => progressText(progress, 1000 + second * 1000, 120))
    expect(new Set(lines).size).toBe(4)
  }
})

test('the bar gives way on a narrow terminal, and the line never wraps', () => {
  for (let columns = 0; columns < 140; columns++) {
    const line = progressText(stage, 10_000, columns)
    expect(line.length).toBeLessThanOrEqual(columns)
    expect(line).not.toContain('\n')
  }
  expect(progressText(stage, 10_000, 80)).toContain('450 MB of 1.00 GB')
})

test('a narrow terminal keeps the share and the time', () => {
  const restoring = { ...stage, stage: 'restore', lastDisc: undefined, disc: 3, chunk: 13 } as const
  expect(progressText(restoring, 10_000, 50)).toMatch(
    /^restoring +(\[.*\] )?disc 3, chunk 13 · 45 % · \d+ s( left)?$/,
  )
  expect(progressText(restoring, 10_000, 30)).toMatch(/^restoring +45 % · \d+ s( left)?$/)
})

test('without totals the count stands for itself', () => {
  const scan = {
    ...stage,
    stage: 'scan' as const,
    totalBytes: undefined,
    totalFiles: undefined,
    disc: undefined,
    chunk: undefined,
  }
  expect(progressText(scan, 1100, 100)).toBe('scanning    1,200 files, 450 MB · 0 s')
})

test('a stage that ended tells what it took', () => {
  expect(progressText({ ...stage, bytes: 1e9, endedMs: 126_000 }, 999_999, 120)).toMatch(
    /100 % · 1\.00 GB of 1\.00 GB · 2:05$/,
  )
})

test('with nothing to count there are name and time', () => {
  const finish = {
    ...stage,
    stage: 'finish' as const,
    bytes: 0,
    files: 0,
    totalBytes: undefined,
    totalFiles: undefined,
    disc: undefined,
    chunk: undefined,
  }
  expect(progressText(finish, 1000, 80)).toBe('finishing   0 s')
})
