/** Whether the user means this disk: by its serial number, never by a plain yes. */

import type { Device } from './device.ts'

export interface Question {
  /** Completes the sentence "type ...". */
  readonly asks: string
  readonly answer: string
}

const lastCharacters = 4

/** A terminal asks this. Of a disk without serial and model, the size in bytes tells it from others best. */
export function confirmation({ serial, model, bytes }: Device): Question {
  if (serial !== null) return { asks: 'the last four characters of its serial number', answer: tail(serial) }
  if (model !== null) return { asks: 'the last four characters of its model', answer: tail(model) }
  return { asks: 'its size in bytes', answer: String(bytes) }
}

const tail = (text: string): string => text.slice(-lastCharacters)

/** Upper and lower case are the same: labels print serial numbers in either. */
export const isConfirmed = (question: Question, typed: string): boolean =>
  typed.trim().toLowerCase() === question.answer.toLowerCase()

/** The value of `--erase` for a disk: its serial, or path and size of one that has none. */
export const eraseWord = ({ serial, path, bytes }: Device): string => serial ?? `${path}:${bytes}`
