/** The screen is in the part of the address behind `#`, so the page works below any path. */

import { signal } from '@preact/signals'

/** `#/jobs/photos` is `['jobs', 'photos']`. */
const read = (): readonly string[] =>
  location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((word) => word !== '')
    .map((word) => {
      try {
        return decodeURIComponent(word)
      } catch {
        return word
      }
    })

export const route = signal(read())
addEventListener('hashchange', () => {
  route.value = read()
})

export const address = (...words: readonly (string | number)[]): string =>
  `#/${words.map((word) => encodeURIComponent(word)).join('/')}`

export const goTo = (...words: readonly (string | number)[]): void => {
  location.hash = address(...words)
}
