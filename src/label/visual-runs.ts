/**
 * The order in which a line of text is drawn: the Unicode Bidirectional Algorithm (UAX #9) for the letters of
 * the label font. fontkit reverses a Hebrew word, but does not order the words, blanks, digits and brackets
 * around it. A label's line has only one paragraph, and explicit embeddings are dropped. Arabic, which is not
 * in the font, is treated like Hebrew.
 */

type Kind = 'L' | 'R' | 'EN' | 'ES' | 'ET' | 'CS' | 'NSM' | 'N'

const rightToLeft = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const dropped = /[\p{Cc}\u200b-\u200d\u202a-\u202e\u2060-\u206f\ufeff]/gu

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/\p{Mn}|\p{Me}/u, 'NSM'],
  [rightToLeft, 'R'],
  [/[0-9\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]/u, 'EN'],
  [/[+\-\u2212]/u, 'ES'],
  [/[#$%\u00a2-\u00a5\u00b0\u00b1\u2030-\u2034\u20a0-\u20cf\u2213]/u, 'ET'],
  [/[,./:\u00a0\u202f]/u, 'CS'],
  [/\p{L}|\p{Nl}|\p{Mc}|\u200e/u, 'L'],
]

const brackets: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '\u2045': '\u2046' }
const mirrored = new Map(
  ['()', '[]', '{}', '<>', '«»', '‹›', '≤≥', '\u2045\u2046'].flatMap(([a, b]) => [
    [a as string, b as string],
    [b as string, a as string],
  ]),
)

/** An invisible mark: the text after it runs to the right again. */
export const leftToRightMark = '\u200e'

/** Whether a text has letters that are written from right to left. */
export const hasRightToLeft = (text: string): boolean => rightToLeft.test(text)

/**
 * The pieces of a line from left to right, each with one direction. A piece to the left is one word or one
 * sign.
 */
export function visualRuns(text: string): string[] {
  if (!hasRightToLeft(text)) return [text]
  const letters = [...text.replace(dropped, '')]
  const levels = levelsOf(letters)
  const runs: { level: number; letters: string[] }[] = []
  for (const [i, letter] of letters.entries()) {
    const last = runs.at(-1)
    if (last && last.level === levels[i]) last.letters.push(letter)
    else runs.push({ level: levels[i] as number, letters: [letter] })
  }
  const ordered = inVisualOrder(runs)
  return ordered.flatMap(({ level, letters: of }, i) => {
    if (level % 2 !== 0) return leftwards(of.join(''))
    const isBehindHebrew = (ordered[i - 1]?.level ?? 0) % 2 !== 0
    return [(isBehindHebrew ? leftToRightMark : '') + of.join('')]
  })
}

/** L2: from the highest level down, reverses each sequence of runs at that level or above. */
function inVisualOrder<Run extends { readonly level: number }>(runs: readonly Run[]): Run[] {
  const ordered = [...runs]
  for (let level = Math.max(...runs.map((run) => run.level)); level > 0; level--) {
    for (let from = 0; from < ordered.length; from++) {
      let to = from
      while (to < ordered.length && (ordered[to] as Run).level >= level) to++
      ordered.splice(from, to - from, ...ordered.slice(from, to).reverse())
      from = Math.max(from, to)
    }
  }
  return ordered
}

/** Words stay whole, with their points: fontkit reverses their letters. Brackets are mirrored (L4). */
function leftwards(text: string): string[] {
  const words = text.match(/(?:[\u0590-\u05ff\ufb1d-\ufb4f]\p{M}*)+|\P{M}\p{M}*|\p{M}/gu) ?? []
  return words.map((word) => mirrored.get(word) ?? word).reverse()
}

function levelsOf(letters: readonly string[]): number[] {
  const kind = letters.map((letter) => kinds.find(([pattern]) => pattern.test(letter))?.[1] ?? 'N')
  // P2, P3: the first letter decides where the line begins.
  const base = kind.find((one) => one === 'L' || one === 'R') === 'R' ? 1 : 0
  const around: Kind = base === 1 ? 'R' : 'L'
  weak(kind, around)
  pairBrackets(letters, kind, around)
  neutral(kind, around)
  const levels = kind.map((one) => (base === 0 ? { L: 0, R: 1, EN: 2 } : { L: 2, R: 1, EN: 2 })[one as 'L'])
  // L1: blanks at the end belong to the line's direction.
  for (let i = letters.length - 1; i >= 0 && /\s/.test(letters[i] as string); i--) levels[i] = base
  return levels
}

/** W1, W4 to W7: marks belong to their letter, signs within or beside a number belong to the number. */
function weak(kind: Kind[], around: Kind): void {
  for (const [i, one] of kind.entries()) if (one === 'NSM') kind[i] = kind[i - 1] ?? around
  for (const [i, one] of kind.entries()) {
    if ((one === 'ES' || one === 'CS') && kind[i - 1] === 'EN' && kind[i + 1] === 'EN') kind[i] = 'EN'
  }
  for (const [i, one] of kind.entries()) {
    if (one !== 'ET') continue
    let to = i
    while (kind[to] === 'ET') to++
    if (kind[i - 1] === 'EN' || kind[to] === 'EN') kind[i] = 'EN'
  }
  let strong = around
  for (const [i, one] of kind.entries()) {
    if (one === 'ES' || one === 'ET' || one === 'CS') kind[i] = 'N'
    if (one === 'L' || one === 'R') strong = one
    if (one === 'EN' && strong === 'L') kind[i] = 'L'
  }
}

/** N0: both brackets of a pair get one direction. */
function pairBrackets(letters: readonly string[], kind: Kind[], around: Kind): void {
  const open: number[] = []
  const pairs: [from: number, to: number][] = []
  for (const [i, letter] of letters.entries()) {
    if (kind[i] !== 'N') continue
    if (brackets[letter] !== undefined) open.push(i)
    const at = open.findLastIndex((from) => brackets[letters[from] as string] === letter)
    if (at < 0) continue
    pairs.push([open[at] as number, i])
    open.length = at
  }
  const strongAt = (i: number): Kind => (kind[i] === 'EN' ? 'R' : (kind[i] as Kind))
  for (const [from, to] of pairs.sort(([a], [b]) => a - b)) {
    const inside = new Set(kind.slice(from + 1, to).map((_, i) => strongAt(from + 1 + i)))
    const other: Kind = around === 'L' ? 'R' : 'L'
    if (!inside.has(around) && !inside.has(other)) continue
    let before = from - 1
    while (before >= 0 && strongAt(before) !== 'L' && strongAt(before) !== 'R') before--
    const isOther = !inside.has(around) && before >= 0 && strongAt(before) === other
    kind[from] = kind[to] = isOther ? other : around
  }
}

/** N1, N2: text between two letters of one direction gets that direction, all else the line's direction. */
function neutral(kind: Kind[], around: Kind): void {
  const strongAt = (i: number): Kind => (kind[i] === undefined ? around : kind[i] === 'EN' ? 'R' : kind[i])
  for (let from = 0; from < kind.length; from++) {
    if (kind[from] !== 'N') continue
    let to = from
    while (kind[to] === 'N') to++
    kind.fill(strongAt(from - 1) === strongAt(to) ? strongAt(to) : around, from, to)
  }
}
