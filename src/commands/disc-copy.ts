/** A disc's files as far as they can be read, copied from a folder or out of an image. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { findProgram } from '../compress/find-program.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { writeAll } from '../files/durable.ts'
import { isBad } from '../verify/disc-reader.ts'
import { folderReader } from '../verify/read-folder.ts'

export interface DiscCopy {
  /** Files of which something could not be read, which is zeros in the copy. */
  readonly unreadable: readonly string[]
}

/** Copies every file below `disc` to `out`, which is empty. What cannot be read becomes zeros. */
export async function copyFolder(
  disc: string,
  out: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<DiscCopy> {
  const reader = folderReader(disc)
  const unreadable: string[] = []
  for (const { name, odd } of (await reader.list()).files) {
    if (odd !== undefined) continue
    const target = path.join(out, name)
    let fd: number | undefined
    try {
      fs.mkdirSync(path.dirname(target), { recursive: true })
      fd = fs.openSync(target, 'wx', 0o644)
      for await (const piece of reader.read(name)) {
        if (signal?.aborted) throw new ButcherError('aborted', 'stopped')
        if (isBad(piece)) {
          if (unreadable.at(-1) !== name) unreadable.push(name)
          writeZeros(fd, piece.sizeBytes)
          onBytes(piece.sizeBytes)
        } else {
          writeAll(fd, piece)
          onBytes(piece.length)
        }
      }
    } catch (error) {
      throw asButcherError(error, 'cannot write', target)
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }
  return { unreadable }
}

const zeros = Buffer.alloc(1 << 20)

function writeZeros(fd: number, count: number): void {
  for (let left = count; left > 0; left -= zeros.length)
    writeAll(fd, zeros.subarray(0, Math.min(left, zeros.length)))
}

/** Regular files below `folder`, relative to it; links are not followed. */
export const filesBelow = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))

/** A name for the image below the folder where par2 looks for blocks. */
export function linkImage(image: string, work: string): string {
  const link = path.join(work, 'image')
  if (!fs.existsSync(link)) fs.symlinkSync(image, link)
  return link
}

/**
 * Takes out of an image what its file system still leads to, by xorriso or 7z. False where neither is installed. What comes
 * may be damaged, or nothing.
 */
export async function extractImage(
  image: string,
  out: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const source = path.resolve(image)
  const [xorriso, sevenZip] = [findProgram('xorriso'), findProgram('7z')]
  if (xorriso) {
    const words = ['-abort_on', 'NEVER', '-osirrox', 'on:auto_chmod_on', '-indev', `stdio:${source}`]
    await attempt(xorriso, [...words, '-extract', '/', out], signal)
  } else if (sevenZip) await attempt(sevenZip, ['x', '-y', '-bd', `-o${out}`, source], signal)
  else return false
  makeWritable(out)
  return true
}

/** Its status says little: of a damaged image it is always an error. */
function attempt(program: string, words: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'ignore' })
    const stop = (): void => void child.kill('SIGKILL')
    signal?.addEventListener('abort', stop, { once: true })
    child.on('error', (cause) => reject(new ButcherError('program', `cannot run ${program}`, { cause })))
    child.on('close', () => {
      signal?.removeEventListener('abort', stop)
      if (signal?.aborted) reject(new ButcherError('aborted', 'stopped'))
      else resolve()
    })
  })
}

/** Files of a disc are read-only; and nothing that is no file or folder is wanted. */
function makeWritable(folder: string): void {
  fs.chmodSync(folder, 0o755)
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const where = path.join(folder, entry.name)
    if (entry.isDirectory()) makeWritable(where)
    else if (entry.isFile()) fs.chmodSync(where, entry.name.endsWith('.sh') ? 0o755 : 0o644)
    else fs.unlinkSync(where)
  }
}
