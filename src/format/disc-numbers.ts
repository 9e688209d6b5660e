import { ButcherError } from '../errors.ts'

/** `3`, `3,5` or `3-5` → disc numbers, each once, in the order given. Throws `usage`. */
export function parseDiscNumbers(text: string): number[] {
  const numbers = new Set<number>()
  for (const piece of text.split(',')) {
    const match = /^\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*$/.exec(piece)
    const first = Number(match?.[1])
    const last = Number(match?.[2] ?? match?.[1])
    if (!match || first < 1 || last < first || last - first >= 10_000) {
      throw new ButcherError('usage', `'${text}' is no disc number`, {
        hint: 'write 3, 3,5 or 3-5',
      })
    }
    for (let number = first; number <= last; number++) numbers.add(number)
  }
  return [...numbers]
}
