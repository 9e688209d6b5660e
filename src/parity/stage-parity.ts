/** Handles the parity of a staged disc: removes it before its files change, makes it, and installs it. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { makeFolder, removeFile, renameDurably, syncFolder } from '../files/durable.ts'
import { checksumParitySet, discParitySet, parityFolder } from '../format/layout.ts'
import { type ParityFile, type ParityLayout, parityBytes } from './plan.ts'
import { createSet } from './create-set.ts'
import type { Par2Run } from './program.ts'

export interface ParityWork {
  /** The disc. */
  readonly disc: string
  /** The folder for files that have no final name yet, on the same file system. */
  readonly newFolder: string
  readonly run: Par2Run
}

/**
 * Removes a disc's parity durably, because its files are about to change. Outdated parity must not look
 * correct.
 */
export function removeParity(disc: string): void {
  const folder = path.join(disc, parityFolder)
  try {
    if (!fs.existsSync(folder)) return
    const names = fs.readdirSync(folder).filter(isOurs)
    for (const name of names) removeFile(path.join(folder, name))
    if (names.length > 0) syncFolder(folder)
  } catch (error) {
    throw asButcherError(error, 'cannot remove the files in', folder)
  }
}

const isOurs = (name: string): boolean => isOfSet(name, discParitySet) || isOfSet(name, checksumParitySet)

/** The parity files of a set among `names`; the one without recovery blocks comes first. */
export const filesOfSet = (names: readonly string[], set: string): string[] =>
  names.filter((name) => isOfSet(name, set)).sort()

const isOfSet = (name: string, set: string): boolean =>
  name === set ||
  (name.startsWith(`${stem(set)}.vol`) && /^\.vol\d+\+\d+\.par2$/.test(name.slice(stem(set).length)))

const stem = (set: string): string => set.slice(0, -'.par2'.length)

/**
 * Makes a set for `files` in `base`, and installs it on the disc. Returns the names of its files, relative to
 * the disc. Throws `program`, `io`, `no-space`, `aborted`.
 */
export async function placeSet(
  { disc, newFolder, run }: ParityWork,
  set: string,
  base: string,
  files: readonly ParityFile[],
  layout: ParityLayout,
): Promise<string[]> {
  const folder = path.join(disc, parityFolder)
  try {
    for (const name of filesOfSet(fs.readdirSync(newFolder), set)) removeFile(path.join(newFolder, name))
    makeFolder(folder)
    syncFolder(disc)
  } catch (error) {
    throw asButcherError(error, 'cannot write', folder)
  }
  const names = files.map(({ name }) => name)
  await createSet(path.join(newFolder, set), base, names, layout, run)
  try {
    const made = filesOfSet(fs.readdirSync(newFolder), set)
    checkSizes(newFolder, made, files, layout)
    for (const name of made) {
      sync(path.join(newFolder, name))
      renameDurably(path.join(newFolder, name), path.join(folder, name))
    }
    return made.map((name) => `${parityFolder}/${name}`)
  } catch (error) {
    throw asButcherError(error, 'cannot write', folder)
  }
}

/** Refuses larger files than expected from par2, so that a disc cannot overflow. */
function checkSizes(
  folder: string,
  made: readonly string[],
  files: readonly ParityFile[],
  layout: ParityLayout,
): void {
  const { indexBytes, volumeBytes } = parityBytes(files, layout)
  const sizes = made.map((name) => fs.statSync(path.join(folder, name)).size)
  const [index = 0, volume = 0] = sizes
  if (made.length === 2 && index <= indexBytes && volume <= volumeBytes) return
  const [is, most] = [sizes.join(' and '), `${indexBytes} and ${volumeBytes}`]
  throw new ButcherError('program', `par2 made files of ${is} bytes, and not of ${most} as planned`, {
    hint: 'use par2cmdline 0.8 or later',
  })
}

function sync(file: string): void {
  const fd = fs.openSync(file, 'r+')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
