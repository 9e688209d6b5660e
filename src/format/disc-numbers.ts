import { ButcherError } from '../errors.ts'

/** Disc numbers and spares (`spare-2`) in the user's form. Throws `usage`. */
export function parseDiscsAndSpares(words: readonly string[]): {
  readonly discs: readonly number[]
  readonly spares: readonly number[]
} {
  const spareOf = (word: string): number | undefined => {
    const match = /^\s*spare-?(\d{1,9})\s*$/i.exec(word)
    return match ? Number(match[1]) : undefined
  }
  return {
    discs: words.filter((word) => spareOf(word) === undefined).flatMap(parseDiscNumbers),
    spares: words.flatMap((word) => spareOf(word) ?? []),
  }
}

/** `3`, `3,5` or `3-5` → disc numbers, each once, in the given order. Throws `usage`. */
export const parseDiscNumbers = (text: string): number[] => parseNumbers(text, 'disc')

/** The same for backups. */
export const parseBackupNumbers = (text: string): number[] => parseNumbers(text, 'backup')

function parseNumbers(text: string, of: string): number[] {
  const numbers = new Set<number>()
  for (const piece of text.split(',')) {
    const match = /^\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*$/.exec(piece)
    const first = Number(match?.[1])
    const last = Number(match?.[2] ?? match?.[1])
    if (!match || first < 1 || last < first || last - first >= 10_000) {
      throw new ButcherError('usage', `'${text}' is not a ${of} number`, {
        hint: 'write 3, 3,5 or 3-5',
      })
    }
    for (let number = first; number <= last; number++) numbers.add(number)
  }
  return [...numbers]
}
