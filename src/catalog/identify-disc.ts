import path from 'node:path'
import type Database from 'better-sqlite3'
import { chunkFolder, parseChunkFile } from '../format/layout.ts'
import type { DiscCandidate } from './find-catalogs.ts'
import { sizeOfFile } from './short-file.ts'

/**
 * Which disc of the catalog's set a folder is: the one that its chunks are of, whatever the folder is called, or what its
 * name says where it holds none that the catalog knows. Undefined of a disc of another set, as far as chunks tell.
 */
export function identifyDisc(db: Database.Database, candidate: DiscCandidate): number | undefined {
  const chunk = db.prepare('SELECT disc, bytes FROM chunk WHERE number = ? AND name = ?')
  const votes = new Map<number, { named: number; sized: number }>()
  for (const name of candidate.chunkFiles) {
    const row = chunk.get(parseChunkFile(name)?.chunk, name) as { disc: number; bytes: number } | undefined
    if (row === undefined) continue
    const vote = votes.get(row.disc) ?? { named: 0, sized: 0 }
    votes.set(row.disc, vote)
    vote.named++
    if (sizeOfFile(path.join(candidate.folder, chunkFolder, name)) === row.bytes) vote.sized++
  }
  const [best] = [...votes].sort(([, a], [, b]) => b.sized - a.sized || b.named - a.named)
  if (best !== undefined) {
    const [disc, { sized }] = best
    // Sets number their chunks alike: names alone prove nothing, unless the folder's name says the same.
    if (sized > 0 || disc === candidate.number) return disc
    return undefined
  }
  if (candidate.chunkFiles.length > 0 || candidate.number === undefined) return undefined
  return db.prepare('SELECT number FROM disc WHERE number = ?').pluck().get(candidate.number) as
    number | undefined
}
