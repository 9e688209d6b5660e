/** Tables of text, as wide as the terminal. */

import { wrapText } from './wrap-text.ts'

export interface TableForm {
  /** The columns that are aligned to the right, as numbers are. */
  readonly right?: readonly number[]
  /** Columns at most; undefined for no limit, as in a file. */
  readonly width?: number | undefined
  /** The columns to leave out if the table is too wide, the first one first. */
  readonly optional?: readonly number[]
}

/** The last column is wrapped rather than narrower than this. */
const leastLast = 12

/** One text for each row. The last column is not padded; in a narrow terminal it can take several lines. */
export function textTable(rows: readonly (readonly string[])[], form: TableForm = {}): string[] {
  const widths = columnWidths(rows)
  const shown = chooseColumns(widths, form)
  const last = shown.at(-1)
  const before = shown.slice(0, -1)
  const indent = before.reduce((sum, column) => sum + (widths[column] as number) + 2, 0)
  const room = form.width === undefined ? Infinity : Math.max(leastLast, form.width - indent)
  return rows.map((row) => {
    const cells = before.map((column) =>
      pad(row[column] ?? '', widths[column] as number, isRight(form, column)),
    )
    const text = last === undefined ? '' : (row[last] ?? '')
    const aligned = last !== undefined && isRight(form, last) ? pad(text, widths[last] as number, true) : text
    const lines = aligned.length > room ? wrapText(aligned, room) : [aligned]
    return lines
      .map((line, i) => (i === 0 ? [...cells, line].join('  ') : ' '.repeat(indent) + line).trimEnd())
      .join('\n')
  })
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  return Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => [...(row[i] ?? '')].length)),
  )
}

function chooseColumns(widths: readonly number[], { width = Infinity, optional = [] }: TableForm): number[] {
  let shown = widths.map((_, column) => column)
  for (const column of optional) {
    const needed = shown.reduce((sum, one, i) => {
      const isLast = i === shown.length - 1
      return sum + (isLast ? Math.min(widths[one] as number, leastLast) : (widths[one] as number) + 2)
    }, 0)
    if (needed <= width) break
    shown = shown.filter((one) => one !== column)
  }
  return shown
}

const isRight = ({ right = [] }: TableForm, column: number): boolean => right.includes(column)

function pad(cell: string, width: number, atRight: boolean): string {
  const padding = ' '.repeat(width - [...cell].length)
  return atRight ? padding + cell : cell + padding
}
