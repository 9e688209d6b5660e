/**
 * The names in a folder of jobs. A job may be packed twice, by a worker that counted as lost and by another
 * one. So each try has names of its own, and the host of the catalog takes one of them.
 */

import fs from 'node:fs'
import path from 'node:path'
import { compressionExtension, type Compression } from '../format/layout.ts'

const numbered = (chunk: number): string => String(chunk).padStart(8, '0')

export const jobFile = (chunk: number): string => `${numbered(chunk)}.json`

/** The files of one try. The manifest comes last: with it, the try is complete. */
export interface TryFiles {
  readonly chunk: string
  readonly record: string
  readonly manifest: string
}

export function tryFiles(
  folder: string,
  chunk: number,
  attempt: string,
  compression: Compression,
  encrypted: boolean,
): TryFiles {
  const start = path.join(folder, `${numbered(chunk)}-${attempt}`)
  const end = encrypted ? '.gpg' : ''
  return {
    chunk: `${start}.tar${compressionExtension[compression]}${end}`,
    record: `${start}.jsonl.zst${end}`,
    manifest: `${start}.manifest`,
  }
}

const manifestName = /^(\d{8,})-([0-9a-f]+)\.manifest$/
const anyName = /^(\d{8,})(?:\.json(?:\.new)?$|-)/

/** The complete tries in a folder of jobs, by chunk, and the numbers of all its jobs. */
export function jobsIn(folder: string): {
  readonly jobs: ReadonlySet<number>
  readonly tries: ReadonlyMap<number, readonly string[]>
} {
  const jobs = new Set<number>()
  const tries = new Map<number, string[]>()
  for (const name of fs.readdirSync(folder).toSorted()) {
    if (/^\d{8,}\.json$/.test(name)) jobs.add(Number.parseInt(name, 10))
    const [, chunk, attempt] = manifestName.exec(name) ?? []
    if (chunk === undefined || attempt === undefined) continue
    tries.set(Number(chunk), [...(tries.get(Number(chunk)) ?? []), attempt])
  }
  return { jobs, tries }
}

/** The files of some jobs in their folder: the jobs and all their tries. The folder is read once. */
export const filesOfJobs = (folder: string, chunks: ReadonlySet<number>): string[] =>
  fs
    .readdirSync(folder)
    .filter((name) => chunks.has(Number.parseInt(anyName.exec(name)?.[1] ?? '', 10)))
    .map((name) => path.join(folder, name))
