/**
 * The word of `known` that the user probably meant by `word`, which is cut short or mistyped. Undefined if
 * none is near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const letters = bare(word)
  const begun =
    letters.length < 3 ? undefined : known.find((candidate) => bare(candidate).startsWith(letters))
  let best: string | undefined
  let bestDistance = Math.max(1, Math.min(3, Math.floor(letters.length / 2.5))) + 1
  for (const candidate of known) {
    const distance = editDistance(letters, bare(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return bestDistance <= 1 ? best : (begun ?? best)
}

/** Dashes would make short options look alike. */
const bare = (word: string): string => word.replace(/^-+/, '')

/**
 * The distance of Damerau and Levenshtein: characters inserted, left out, replaced, or two of them swapped
 * (optimal string alignment).
 */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + same,
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (before[j - 2] as number) + 1)
      }
      next.push(distance)
    }
    before = row
    row = next
  }
  return row[b.length] as number
}
