import { expect, test } from 'vitest'
import { hiddenParts, otherForms, refuseUnusable } from '../../src/crypto/passphrase-forms.ts'

const mark = '\uFEFF'

test.each(['', 'p\0w', '\0', 'p\0', 'a\nb', 'a\n', 'caf\uFFFD', 'a\uD800'])(
  '%j begins no set',
  (passphrase) => {
    expect(() => refuseUnusable(passphrase)).toThrow(expect.objectContaining({ code: 'secret' }) as Error)
  },
)

test.each(['a', ' a b ', 'a\r', `${mark}a`, 'pässphrase', '🔑'])('%j may begin a set', (passphrase) => {
  expect(() => refuseUnusable(passphrase)).not.toThrow()
})

test.each([
  ['plain words', []],
  ['a\r', ['ends with a carriage return']],
  [`${mark}a`, ['begins with a byte order mark']],
  [
    `${mark} a \r`,
    ['begins with a byte', 'ends with a carriage', 'begins with a blank', 'ends with a blank'],
  ],
  ['a\t', ['ends with a blank']],
  ['\u00A0a', ['begins with a blank']],
])('of %j the parts that are not seen are named', (passphrase, parts) => {
  const said = hiddenParts(passphrase)
  expect(said).toHaveLength(parts.length)
  for (const [at, part] of parts.entries()) expect(said[at]).toContain(`the passphrase ${part}`)
})

const [composed, decomposed] = ['päss', 'pa\u0308ss']

test.each([
  [composed, decomposed, 'in the Unicode form NFD'],
  [decomposed, composed, 'in the Unicode form NFC'],
  ['a\r', 'a', 'without the carriage return at its end'],
  ['a\n', 'a', 'without the line feed at its end'],
  [`${mark}a`, 'a', 'without the byte order mark at its start'],
  [`${mark}a\r`, 'a', 'without the byte order mark at its start and without the carriage return at its end'],
  [' a ', 'a', 'without blanks at its ends'],
  ['a', 'a\r', 'with a carriage return at its end'],
  ['a', `${mark}a`, 'with a byte order mark at its start'],
  ['a', `${mark}a\r`, 'with a byte order mark at its start and a carriage return at its end'],
  [`${decomposed}\r`, composed, 'without the carriage return at its end and in the Unicode form NFC'],
])('%j may be meant as %j: %s', (given, meant, difference) => {
  expect(otherForms(given)).toContainEqual({ text: meant, difference })
})

test('the given form and an empty one are not tried again, and the forms are few', () => {
  for (const given of ['a', composed, `${mark} ${decomposed} \r`, ' ', '\r']) {
    const texts = otherForms(given).map(({ text }) => text)
    expect(texts).not.toContain(given)
    expect(texts).not.toContain('')
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts.length).toBeLessThanOrEqual(36)
  }
})
