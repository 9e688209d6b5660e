/** Whether the user means this disk: by its serial number, never by a plain yes. */

import { ButcherError } from '../errors.ts'
import type { Device } from './device.ts'

export interface Question {
  /** Completes the sentence "type ...". */
  readonly asks: string
  readonly answer: string
}

const lastCharacters = 4

/**
 * A terminal asks this. Of a disk without serial and model, the size in bytes tells it from others best. Of
 * disks that look the same, only the path does.
 */
export function confirmation({ serial, model, bytes, path, twins }: Device): Question {
  if (twins.length > 0) return { asks: 'its path', answer: path }
  if (serial !== null) return { asks: 'the last four characters of its serial number', answer: tail(serial) }
  if (model !== null) return { asks: 'the last four characters of its model', answer: tail(model) }
  return { asks: 'its size in bytes', answer: String(bytes) }
}

const tail = (text: string): string => text.slice(-lastCharacters)

/**
 * Upper and lower case are the same: labels print serial numbers in either. A size may have the commas that
 * butcher shows it with.
 */
export function isConfirmed({ answer }: Question, typed: string): boolean {
  const isNumber = /^\d+$/.test(answer)
  const plain = isNumber ? typed.replaceAll(',', '') : typed
  return plain.trim().toLowerCase() === answer.trim().toLowerCase()
}

/**
 * The value of `--erase` for a disk: its serial, or path and size of one that has none. Readers with several
 * slots give one serial to all cards: that is as good as none.
 */
export const eraseWord = (device: Device): string =>
  hasOwnSerial(device) ? (device.serial as string) : `${device.path}:${device.bytes}`

const hasOwnSerial = ({ serial, twins }: Device): boolean => serial !== null && twins.length === 0

export interface Confirmation {
  /** For each disk that may be erased, its serial number, or `PATH:BYTES` if it has none. */
  readonly erase?: readonly string[]
  /** Asked for each disk that `erase` does not name. */
  readonly confirm?: (device: Device) => Promise<boolean>
}

/** Throws `usage` unless the user means this disk. */
export async function requireConfirmed(device: Device, { erase = [], confirm }: Confirmation): Promise<void> {
  if (erase.includes(eraseWord(device))) return
  if (confirm && (await confirm(device))) return
  throw new ButcherError('usage', `${device.path} is not confirmed: nothing was written`, {
    path: device.path,
    hint: confirm
      ? `it wanted ${confirmation(device).asks}`
      : `without a terminal, say --erase ${hasOwnSerial(device) ? 'SERIAL' : 'PATH:BYTES, as butcher device list --all --json has them'}`,
  })
}
