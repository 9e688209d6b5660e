/** Turns of phrase that readers stumble over, each with better words. */

interface Habit {
  readonly words: RegExp
  readonly better: string
}

const habits: readonly Habit[] = [
  { words: /(?<!\bthere )\b(?:is|are|was|were) no(?:ne of)? (?!longer|more)/i, better: 'is not a ...' },
  { words: /, too\b/i, better: 'also' },
  { words: /\bin clear\b/i, better: 'unencrypted' },
  { words: /\b(?:is|are|was|were) told\b/i, better: 'butcher reports ...' },
  { words: /\bgo(?:es)? by\b/i, better: 'use' },
  { words: /\bgoes on\b/i, better: 'continue, resume' },
  { words: /\bstands? in\b/i, better: 'is in, or blocks' },
  { words: /\b[Ww]hat is\b/, better: 'a noun: the data, the files' },
  { words: /(?:^|[.:;] )(?:What|Where)\b(?![^.?]*\?)/, better: 'a noun, or If' },
]

/** The habits that a text has. */
export const habitsIn = (text: string): readonly string[] =>
  habits.flatMap(({ words }) => words.exec(text)?.[0].trim() ?? [])
