import { expect, test } from 'vitest'
import { type Figures, judge, median } from '../../scripts/bench/figures.ts'
import { renderReport, table } from '../../scripts/bench/report.ts'
import { rows } from '../../scripts/bench/rows.ts'

const figures = (name: string, walls: readonly number[], units = 1): Figures => ({
  name,
  units,
  runs: walls.map((wallSeconds, index) => ({
    wallSeconds,
    cpuSeconds: wallSeconds * 2,
    othersSeconds: 0.1,
    peakBytes: 200e6 + index * 1e6,
    storedBytes: 5e6,
  })),
})

test('the median is the one in the middle, or between the two in the middle', () => {
  expect(median([10, 1, 2])).toBe(2)
  expect(median([10, 1, 2, 4])).toBe(3)
  expect(() => median([])).toThrow(RangeError)
})

test('the fastest peer is the one that counts', () => {
  const all = [figures('butcher', [2, 1, 3]), figures('slow', [9]), figures('fast', [3])]
  expect(judge(all, { timesAsFast: 1.5 })).toMatchObject({ ratio: 1.5, reached: true })
  expect(judge(all, { timesAsFast: 2 })).toEqual({
    ratio: 1.5,
    reached: false,
    words: ['1.50 times as fast, at least 2.00: 25 % short'],
  })
})

test('bounds of memory, at its highest, and of time are held besides', () => {
  const own = figures('butcher', [0.4, 0.4, 0.4])
  expect(judge([own], { peakBytes: 202e6 }).reached).toBe(true)
  expect(judge([own], { peakBytes: 201e6 }).reached).toBe(false)
  expect(judge([own], { wallSeconds: 0.2, peakBytes: 300e6 })).toEqual({
    reached: false,
    words: ['202 MB, at most 300 MB', '0.400 s, at most 0.200 s: 2.00 times that'],
  })
})

test('where the programs do not do the same number, the time for one is compared', () => {
  const all = [figures('butcher', [50], 10), figures('a tenth', [4])]
  expect(judge(all, { timesAsFast: 0.9 })).toMatchObject({ ratio: 0.8, reached: false })
})

test('the CPU time is compared with that of the peer that is named', () => {
  const all = [figures('butcher', [2]), figures('dd, gzip -1', [4]), figures('dd, pigz -1', [1])]
  expect(judge(all, { cpuShare: { of: 'dd, gzip -1', most: 0.62 } })).toMatchObject({
    reached: true,
    words: ['0.50 of the CPU time of dd, gzip -1, at most 0.62'],
  })
  expect(judge(all, { cpuShare: { of: 'dd, pigz -1', most: 0.62 } })).toMatchObject({ reached: false })
})

test('a row without a target is not judged', () => {
  expect(judge([figures('butcher', [2]), figures('peer', [4])], {})).toEqual({ ratio: 2, words: [] })
})

test('a table is Markdown with numbers to the right', () => {
  expect(table(['what', 's'], [['a | b', '1.5']], [1])).toBe(
    ['| what   |   s |', '| ------ | --: |', String.raw`| a \| b | 1.5 |`].join('\n'),
  )
})

test('a report has the machine, the data, every contestant and every verdict', () => {
  const report = renderReport({
    facts: [['processor', '2 cores']],
    corpora: [{ name: 'small', describe: 'texts', files: 200_000, bytes: 9e8 }],
    results: [
      {
        name: 'small',
        what: 'small, first backup',
        target: { timesAsFast: 1 },
        figures: [figures('butcher', [12, 10, 11]), figures('restic', [22])],
      },
    ],
  })
  expect(report).toContain('| processor | 2 cores |')
  expect(report).toMatch(/\| small +\| texts +\| 200,000 \| 900 \|/)
  expect(report).toMatch(
    /\| small \| butcher \| +11\.0 \| +10\.0 to 12\.0 \| +22\.0 \| +0\.100 \| +202 \| +5\.0 \| +\|/,
  )
  expect(report).toMatch(/\| {7}\| restic  \| +22\.0 \| .* \| +2\.00 \|/)
  expect(report).toMatch(/2\.00 times as fast, at least 1\.00 +\| reached +\|/)
})

test('every row has a name of its own', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
})
