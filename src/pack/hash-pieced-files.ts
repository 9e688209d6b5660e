/** Hashes the files that are stored in pieces, before anything is planned. */

import {
  makePieceQueue,
  packWithoutPieces,
  piecedFiles,
  recordPieces,
  resolvePieced,
} from '../catalog/queued-pieces.ts'
import type { HashCandidate } from '../catalog/stored-already.ts'
import type { HashOptions } from './hash-candidates.ts'

/**
 * Afterwards the queue's pass of files in pieces holds only contents that are not stored as a whole, each
 * with its pieces. `onFailed` hears of a file that cannot be hashed, which is packed like others then.
 */
export async function hashPiecedFiles(
  { db, pool, reuseFrom, report, signal }: Omit<HashOptions, 'comparedLaterBytes'>,
  onFailed: (path: string, message: string | undefined) => void = () => {},
): Promise<void> {
  makePieceQueue(db)
  const files = piecedFiles(db)
  if (files.length === 0) return
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0)
  const stage = { stage: 'hash', totalBytes, totalFiles: files.length } as const
  report({ type: 'stage', ...stage })
  let [bytes, done] = [0, 0]
  const waiting = files.values()
  const inWork = new Map<number, { readonly file: HashCandidate; bytes: number }>()
  const give = (worker: number): void => {
    const { value: file } = waiting.next()
    if (file === undefined) return
    inWork.set(worker, { file, bytes: 0 })
    pool.send(worker, { do: 'pieces', file })
  }
  for (let worker = 0; worker < pool.size; worker++) give(worker)
  while (inWork.size > 0) {
    const { worker, message } = await pool.listen(signal)
    const work = inWork.get(worker)
    if (work === undefined) continue
    const { file } = work
    if (message.did === 'progress') {
      work.bytes += message.bytes
      bytes += message.bytes
    } else if (message.did === 'pieces') {
      bytes += file.size - work.bytes
      done++
      inWork.delete(worker)
      if (message.pieces) recordPieces(db, file, message.pieces.digest, message.pieces.records)
      else {
        onFailed(file.path, message.message)
        packWithoutPieces(db, file.seq)
      }
      give(worker)
    }
    report({ type: 'progress', ...stage, bytes, files: done })
  }
  resolvePieced(db, reuseFrom)
}
