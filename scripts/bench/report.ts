/** The results as Markdown: pure functions. */

import { type Figures, judge, medianOf, peakOf, showRatio, showSeconds, type Target } from './figures.ts'

export interface RowResult {
  readonly name: string
  readonly what: string
  readonly target: Target
  readonly figures: readonly Figures[]
}

export interface CorpusFacts {
  readonly name: string
  readonly describe: string
  readonly files: number
  readonly bytes: number
}

export interface Report {
  /** Name and value: the machine, the programs, the date. */
  readonly facts: readonly (readonly [string, string])[]
  readonly corpora: readonly CorpusFacts[]
  readonly results: readonly RowResult[]
}

export function renderReport({ facts, corpora, results }: Report): string {
  const parts = [table(['', ''], facts)]
  if (corpora.length > 0) {
    const lines = corpora.map(({ name, describe, files, bytes }) => [
      name,
      describe,
      files.toLocaleString('en'),
      megabytes(bytes),
    ])
    parts.push(table(['corpus', 'what it is', 'files', 'MB'], lines, [2, 3]))
  }
  if (results.length > 0) {
    const head = [
      'row',
      'program',
      'wall s',
      'least to most',
      'CPU s',
      'others CPU s',
      'peak MB',
      'stored MB',
      'ratio',
    ]
    parts.push(
      table(head, results.flatMap(resultLines), [2, 3, 4, 5, 6, 7, 8]),
      table(['row', 'what', 'figure and target', ''], results.map(verdictLine)),
    )
  }
  return `${parts.join('\n\n')}\n`
}

/** A line for each contestant; its ratio is its time through butcher's. */
function resultLines({ name, figures }: RowResult): string[][] {
  const [own] = figures
  return figures.map((each, index) => {
    const walls = each.runs.map((run) => run.wallSeconds)
    const perUnit = (of: Figures): number => medianOf(of, 'wallSeconds') / of.units
    return [
      index === 0 ? name : '',
      each.name,
      showSeconds(medianOf(each, 'wallSeconds')),
      `${showSeconds(Math.min(...walls))} to ${showSeconds(Math.max(...walls))}`,
      showSeconds(medianOf(each, 'cpuSeconds')),
      showSeconds(medianOf(each, 'othersSeconds')),
      megabytes(peakOf(each)),
      megabytes(medianOf(each, 'storedBytes')),
      index === 0 || own === undefined ? '' : showRatio(perUnit(each) / perUnit(own)),
    ]
  })
}

function verdictLine({ name, what, figures, target }: RowResult): string[] {
  const { reached, words } = judge(figures, target)
  const verdict = reached === undefined ? '' : reached ? 'reached' : 'not reached'
  return [name, what, words.length === 0 ? 'none' : words.join('; '), verdict]
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes > 0 && bytes < 1e7 ? 1 : 0)

/** Columns as wide as their widest cell; those in `right` are numbers. */
export function table(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const cells = [head, ...lines].map((line) => line.map((cell) => cell.replaceAll('|', String.raw`\|`)))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((line) => line[column]?.length ?? 0)))
  const row = (line: readonly string[]): string => {
    const padded = widths.map((width, column) =>
      right.includes(column) ? (line[column] ?? '').padStart(width) : (line[column] ?? '').padEnd(width),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = widths.map((width, column) =>
    right.includes(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  return [
    row(cells[0] as string[]),
    `| ${rule.join(' | ')} |`,
    ...cells.slice(1).map((line) => row(line)),
  ].join('\n')
}
