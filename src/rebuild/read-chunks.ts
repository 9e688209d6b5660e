/** Reads all chunks, several in parallel. */

import fs from 'node:fs'
import path from 'node:path'
import { decrypt } from '../crypto/decrypt.ts'
import { type PassphraseForm, reportForm } from '../crypto/passphrase-forms.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { bytesOf } from '../media/disc-files.ts'
import { type Damage, refuseSecondSet } from './choose-chunks.ts'
import type { ChunkFile } from './find-chunks.ts'
import { type ReadChunk, readChunk } from './read-chunk.ts'

export interface ReadAllOptions {
  /** The folder for manifests, which are unencrypted. */
  readonly folder: string
  readonly secrets: OpenedSecrets
  readonly report: Report
  readonly jobs: number
  readonly signal: AbortSignal | undefined
  readonly onDamage: (damage: Damage) => void
  readonly onProgress: (bytes: number, chunks: number) => void
}

/**
 * Throws `secret` early if the passphrase or key opens none of the first chunks. Throws `catalog` at the
 * first chunk of another set. Also throws errors that end the run.
 */
export async function readChunks(
  chunks: readonly ChunkFile[],
  options: ReadAllOptions,
): Promise<{ readonly read: readonly ReadChunk[]; readonly damaged: readonly Damage[] }> {
  await trySecrets(chunks, options)
  const read: ReadChunk[] = []
  const damaged: Damage[] = []
  const parallelism = Math.min(options.jobs, chunks.length)
  const threads = Math.max(1, Math.floor(options.jobs / Math.max(1, parallelism)))
  const { signal, secrets } = options
  const onBytes = (bytes: number): void => options.onProgress(bytes, 0)
  let next = 0
  let failed = false
  const readInTurn = async (): Promise<void> => {
    while (next < chunks.length && !failed) {
      const index = next++
      const found = chunks[index] as ChunkFile
      const manifestFile = path.join(options.folder, `${index}.jsonl`)
      try {
        const one = await readChunk(found, manifestFile, { secrets, threads, signal, onBytes })
        read.push(one)
        refuseSecondSet([read[0] as ReadChunk, one])
      } catch (error) {
        fs.rmSync(manifestFile, { force: true })
        const damage = damageOf(error, found)
        if (damage === undefined) failed = true
        if (damage === undefined) throw error
        damaged.push(damage)
        options.onDamage(damage)
      }
      options.onProgress(0, 1)
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: parallelism }, readInTurn))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  read.sort((a, b) => a.chunk.chunk - b.chunk.chunk || (a.found.file < b.found.file ? -1 : 1))
  return { read, damaged }
}

function damageOf(error: unknown, { file }: ChunkFile): Damage | undefined {
  if (!(error instanceof ButcherError)) return undefined
  if (error.code === 'secret')
    return { path: file, reason: 'does not open as the others do: it is of another set, or damaged' }
  if (error.code !== 'damaged') return undefined
  const reason = error.message.startsWith(`${file}: `) ? error.message.slice(file.length + 2) : error.message
  return { path: file, reason }
}

/**
 * This many chunks may be damaged at the beginning, or of another set, before the passphrase counts as wrong.
 */
const mostTries = 4

async function trySecrets(chunks: readonly ChunkFile[], { secrets, report }: ReadAllOptions): Promise<void> {
  let wrong: ButcherError | undefined
  for (const { file } of chunks.filter(({ named }) => named.encrypted).slice(0, mostTries)) {
    try {
      const onForm = (form: PassphraseForm): void => reportForm(report, form, file)
      for await (const _ of decrypt(bytesOf(file), secrets, file, onForm)) return
    } catch (error) {
      if (error instanceof ButcherError && error.code === 'secret') wrong ??= error
    }
  }
  if (wrong !== undefined) throw wrong
}
