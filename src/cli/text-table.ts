/** Columns side by side; `right` has those that stand on the right, as numbers do. The last one is not padded. */
export function textTable(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => [...(row[i] ?? '')].length)),
  )
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const padding = ' '.repeat((widths[i] as number) - [...cell].length)
        if (right.includes(i)) return padding + cell
        return i === columns - 1 ? cell : cell + padding
      })
      .join('  ')
      .trimEnd(),
  )
}
