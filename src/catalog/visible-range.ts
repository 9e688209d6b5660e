/** The backups that hold a row of `entry`, without the forgotten ones. */

export interface BackupRange {
  readonly first: number
  /** Null: to the newest. */
  readonly last: number | null
}

/** Returns the function that narrows a range to `backups`, in ascending order; undefined if none is in it. */
export function visibleRange(
  backups: readonly number[],
): (first: number, last: number | null) => BackupRange | undefined {
  const newest = backups.at(-1) ?? 0
  return (first, last) => {
    const from = backups[indexFrom(backups, first)]
    if (from === undefined || (last !== null && from > last)) return undefined
    if (last === null || last > newest) return { first: from, last }
    return { first: from, last: backups[indexFrom(backups, last + 1) - 1] as number }
  }
}

/** The index of the first number that is at least `least`. */
function indexFrom(numbers: readonly number[], least: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) < least) low = middle + 1
    else high = middle
  }
  return low
}
