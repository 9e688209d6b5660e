import { expect, test } from 'vitest'
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

test('bar, share, bytes, speed, time left, disc and chunk', () => {
  expect(progressText(stage, 10_000, 105)).toBe(
    'pack    [#############-----------------]  45%  450 MB of 1.00 GB  50.0 MB/s  11 s left  disc 2, chunk 17',
  )
})

test('of a backup it says about how many discs there will be', () => {
  expect(progressText({ ...stage, lastDisc: 79 }, 10_000, 125)).toMatch(
    /11 s left {2}disc 2 of about 79, chunk 17$/,
  )
})

test('the bar gives way on a narrow terminal, and the line never wraps', () => {
  for (let columns = 0; columns < 140; columns++) {
    const line = progressText(stage, 10_000, columns)
    expect(line.length).toBeLessThanOrEqual(columns)
    expect(line).not.toContain('\n')
  }
  expect(progressText(stage, 10_000, 80)).toContain('450 MB of 1.00 GB')
})

test('without totals the count stands for itself', () => {
  const scan = {
    ...stage,
    stage: 'scan' as const,
    totalBytes: undefined,
    totalFiles: undefined,
    chunk: undefined,
  }
  expect(progressText(scan, 1100, 100)).toBe('scan    1,200 files, 450 MB')
})

test('a stage that ended tells what it took', () => {
  expect(progressText({ ...stage, bytes: 1e9, endedMs: 126_000 }, 999_999, 120)).toMatch(
    /100% {2}1\.00 GB of 1\.00 GB {2}8\.00 MB\/s {2}2:05$/,
  )
})

test('with nothing to count there is the name', () => {
  const finish = {
    ...stage,
    stage: 'finish' as const,
    bytes: 0,
    files: 0,
    totalBytes: undefined,
    totalFiles: undefined,
    chunk: undefined,
  }
  expect(progressText(finish, 1000, 80)).toBe('finish  ')
})
