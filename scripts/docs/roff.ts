/** The macros of man(7) that the pages use. */

import { wrapText } from '../../src/cli/wrap-text.ts'

/**
 * The text of a line, in which roff sees no request and no escape. `-` stays a hyphen that copies as typed.
 */
export function roffText(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}

/** Each sentence on a line of its own, as roff wants it to space them. */
export const roffSentences = (text: string): string[] =>
  text
    .split(/(?<=[^.][.:?]) (?=[A-Z]|--|butcher )/)
    .flatMap((sentence) => wrapText(sentence, 70).map(roffText))

export const bold = (text: string): string => `\\fB${roffText(text)}\\fR`
export const italic = (text: string): string => `\\fI${roffText(text)}\\fR`

/** A term, and the text below it. */
export const tagged = (term: string, text: string): string[] => ['.TP', term, ...roffSentences(text)]

/** Lines that are shown as they are, indented. */
export const shown = (...lines: readonly string[]): string[] => ['.RS 4', '.EX', ...lines, '.EE', '.RE']
