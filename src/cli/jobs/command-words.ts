import { usageError } from '../split-words.ts'
import type { OptionName } from '../options.ts'

/**
 * The words of a command from the value of an option, a list in JSON: no shell sees them. Throws `usage`.
 */
export function commandWords(option: OptionName, value: string, example: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(value)
    if (Array.isArray(words) && words.length > 0 && words.every((one) => typeof one === 'string'))
      return words
  } catch {
    // the message below
  }
  throw usageError(`--${option} '${value}' is not a list of words in JSON`, `for example '${example}'`)
}
