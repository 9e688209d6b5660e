/** A clock of its own for the daemon and its runs, by libfaketime: the test moves it, and no timer waits. */

import fs from 'node:fs'
import path from 'node:path'
import { findProgram } from '../../../src/programs/find-program.ts'

export class WeekClock {
  readonly #file: string
  readonly env: Readonly<Record<string, string>>
  #offsetMs = 0

  /** `file` keeps the offset; every process of the week reads it at each look at the clock. */
  constructor(file: string) {
    this.#file = file
    this.env = {
      LD_PRELOAD: fakeTimeLibrary(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Timers go on at their real pace, and files keep their real times.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }

  get now(): Date {
    return new Date(Date.now() + this.#offsetMs)
  }

  /** Sets the clock, which goes on from there. */
  set(time: Date): void {
    this.#offsetMs = time.getTime() - Date.now()
    const seconds = this.#offsetMs / 1000
    // By a rename: a process that reads the file finds the old offset or the new one.
    fs.writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}`)
    fs.renameSync(`${this.#file}.new`, this.#file)
  }
}

function fakeTimeLibrary(): string {
  if (findProgram('faketime') === undefined) throw new Error('faketime is missing: apt-get install faketime')
  const found = fs
    .globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
    .concat(fs.globSync('/usr/lib/faketime/libfaketimeMT.so.1'))
  if (found[0] === undefined) throw new Error('libfaketimeMT.so.1 is missing: apt-get install libfaketime')
  return path.resolve(found[0])
}

/** The last Sunday of March of the next year at midnight UTC: in Berlin the clock is set at 01:00 UTC. */
export function nextSpringSunday(today = new Date()): Date {
  const last = new Date(Date.UTC(today.getUTCFullYear() + 1, 2, 31))
  return new Date(last.getTime() - last.getUTCDay() * 86_400_000)
}
