/** A copy of what the system has, and the same some time later. */

import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import path from 'node:path'
import type { Made } from './corpus.ts'

const sources = ['/usr/share', '/usr/include']

/** A number of 0 to below 1 for a path, always the same. */
const chanceOf = (name: string): number => createHash('sha256').update(name).digest().readUInt32LE() / 2 ** 32

/** Copies them, or as large a part of their files as `scale` says. */
export function copySystemTree(folder: string, scale: number): Made {
  let [files, bytes] = [0, 0]
  let sample = ''
  for (const source of sources) {
    const target = path.join(folder, path.basename(source))
    for (const name of treeOf(source)) {
      const [from, to] = [path.join(source, name), path.join(target, name)]
      const stat = lstatSync(from)
      if (stat.isDirectory()) {
        mkdirSync(to, { recursive: true })
        continue
      }
      if (chanceOf(name) >= scale) continue
      if (stat.isSymbolicLink()) {
        symlinkSync(readlinkSync(from), to)
        lutimesSync(to, stat.atime, stat.mtime)
      } else if (stat.isFile()) {
        cpSync(from, to)
        utimesSync(to, stat.atime, stat.mtime)
        bytes += stat.size
        // A plain name, of which no program can make anything else.
        if (stat.size > 1000 && /^[\w/.-]+$/.test(name) && sample === '')
          sample = path.join(path.basename(source), name)
      } else continue
      files++
    }
  }
  return { files, bytes, sample }
}

/**
 * One file in a hundred is changed, another one in a hundred moved, another one deleted; always the same
 * ones.
 */
export function editTree(folder: string, keep: string): void {
  for (const name of treeOf(folder)) {
    const file = path.join(folder, name)
    if (name === keep || !lstatSync(file).isFile()) continue
    const chance = chanceOf(name)
    if (chance < 0.01) appendFileSync(file, `changed\n`)
    else if (chance < 0.02) renameSync(file, `${file}.moved`)
    else if (chance < 0.03) rmSync(file)
  }
}

/** Everything below, relative to `folder`, a directory before what is in it, in the order of the names. */
function* treeOf(folder: string, below = ''): Generator<string> {
  const entries = readdirSync(path.join(folder, below), { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const name = path.join(below, entry.name)
    yield name
    if (entry.isDirectory()) yield* treeOf(folder, name)
  }
}
