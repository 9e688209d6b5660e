/** Which texts can be a passphrase, and which similar texts the user may mean. */

import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'

const byteOrderMark = '\uFEFF'

/**
 * Throws `secret` if gpg could not take `passphrase` later. `gpg --passphrase-file` ends at a NUL or a line
 * feed, and text that is not UTF-8 is already changed when butcher gets it.
 */
export function refuseUnusable(passphrase: string): void {
  const refused = (why: string, hint: string): ButcherError =>
    new ButcherError('secret', `the passphrase ${why}`, { hint })
  if (passphrase === '') throw new ButcherError('secret', 'the passphrase is empty')
  if (passphrase.includes('\0')) {
    throw refused(
      'holds a NUL byte: gpg reads a passphrase only up to it, and could not open the set',
      'give another passphrase; a file in UTF-16 must be saved as UTF-8 first',
    )
  }
  if (passphrase.includes('\n')) {
    throw refused(
      'holds a line feed: gpg reads only the first line of a passphrase file, and could not open the set',
      'give a passphrase of one line, without the line feed at its end',
    )
  }
  if (!passphrase.isWellFormed() || passphrase.includes('\uFFFD')) {
    throw refused('is not UTF-8: butcher cannot pass its bytes on', 'give it in UTF-8')
  }
}

/**
 * Parts of `passphrase` that its owner can easily miss, but must repeat for each restore: one sentence for
 * each.
 */
export function hiddenParts(passphrase: string): string[] {
  const bare = withoutMark(passphrase)
  const inner = withoutReturn(bare)
  const found = [
    ...(bare === passphrase ? [] : ['begins with a byte order mark (U+FEFF)']),
    ...(inner === bare ? [] : ['ends with a carriage return, as lines of Windows files do']),
    ...(/^\s/.test(inner) ? ['begins with a blank'] : []),
    ...(/\s$/.test(inner) ? ['ends with a blank'] : []),
  ]
  return found.map(
    (what) =>
      `the passphrase ${what}: the set can only be opened with it (begin again if you did not mean it)`,
  )
}

export interface PassphraseForm {
  readonly text: string
  /** The difference from the given text: `without the carriage return at its end`. */
  readonly difference: string
}

/** Other texts that the user may mean by `given`, the likeliest first. Some two dozen at most. */
export function otherForms(given: string): PassphraseForm[] {
  const forms = new Map<string, string>()
  for (const [cut, how] of cuts(given)) {
    for (const [text, end] of additions(cut)) {
      for (const form of [undefined, 'NFC', 'NFD'] as const) {
        const other = form === undefined ? text : text.normalize(form)
        const words = [...how, ...end, ...(form === undefined ? [] : [`in the Unicode form ${form}`])]
        if (other !== given && other !== '' && !forms.has(other)) forms.set(other, words.join(' and '))
      }
    }
  }
  return [...forms].map(([text, difference]) => ({ text, difference }))
}

/** Reports that another form than the given one opened something. */
export function reportForm(report: Report, { difference }: PassphraseForm, opened: string): void {
  report({
    type: 'warning',
    kind: 'other',
    message: `the passphrase does not open ${opened} as it was given, but does ${difference}: give it in that form, also to gpg`,
  })
}

type Cut = readonly [text: string, how: readonly string[]]

function cuts(given: string): Cut[] {
  const bare = withoutMark(given)
  const inner = withoutReturn(bare)
  const how = [
    ...(bare === given ? [] : ['without the byte order mark at its start']),
    ...(inner === bare
      ? []
      : [`without the ${bare.endsWith('\n') ? 'line feed' : 'carriage return'} at its end`]),
  ]
  return [
    [given, []],
    [inner, how],
    [inner.trim(), [...how, 'without blanks at its ends']],
  ]
}

const additions = (text: string): Cut[] => [
  [text, []],
  [`${text}\r`, ['with a carriage return at its end']],
  [byteOrderMark + text, ['with a byte order mark at its start']],
  [`${byteOrderMark}${text}\r`, ['with a byte order mark at its start and a carriage return at its end']],
]

const withoutMark = (text: string): string => (text.startsWith(byteOrderMark) ? text.slice(1) : text)
const withoutReturn = (text: string): string => text.replace(/[\r\n]+$/, '')
