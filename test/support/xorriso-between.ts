/**
 * Puts a script between butcher and xorriso, for what no file can show: a drive, a burn that fails, a disc
 * gone bad.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

export interface Between {
  /** The words of each call so far. */
  readonly calls: () => string[]
  readonly remove: () => void
}

/**
 * `script` is bash; `real "$@"` calls xorriso, and "$*" has the words of the call. It stands in `folder`,
 * which it may use, as $here.
 */
export function putBetween(folder: string, script: string): Between {
  const xorriso = execFileSync('which', ['xorriso'], { encoding: 'utf8' }).trim()
  fs.mkdirSync(folder, { recursive: true })
  const lines = [
    '#!/bin/bash',
    `here='${folder}'`,
    `real() { '${xorriso}' "$@"; }`,
    'echo "$*" >>"$here/calls"',
    script,
  ]
  fs.writeFileSync(path.join(folder, 'xorriso'), `${lines.join('\n')}\n`, { mode: 0o755 })
  const before = process.env['PATH'] ?? ''
  process.env['PATH'] = `${folder}:${before}`
  return {
    calls: () => fs.readFileSync(path.join(folder, 'calls'), 'utf8').trimEnd().split('\n'),
    remove: () => void (process.env['PATH'] = before),
  }
}
