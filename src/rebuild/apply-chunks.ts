/** Makes the rows of a catalog from manifests, in the order of their chunks. */

import { type ApplyLine, manifestApplier } from '../catalog/apply-manifest.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { systemText } from '../errors.ts'
import { chunkFile } from '../format/layout.ts'
import type { DiscLine, EndLine, ManifestLine, StoredLine } from '../format/manifest.ts'
import type { RetentionLine } from '../format/retention-line.ts'
import type { Chosen, Damage } from './choose-chunks.ts'
import { manifestLines } from './manifest-file.ts'
import type { ReadChunk } from './read-chunk.ts'

/** Manifest lines that become rows after all manifests are read. */
export interface Applied {
  /** The chunks whose manifests are in the catalog, in the order of their numbers. */
  readonly chunks: readonly ReadChunk[]
  readonly damaged: readonly Damage[]
  /** For each disc, the newest line with its state. */
  readonly discs: ReadonlyMap<number, DiscLine>
  /** The newest disc line that has the space taken on a disc, as the newest run planned it. */
  readonly taken: DiscLine | undefined
  /** For each backup, the newest `end` line and its chunk. */
  readonly ends: ReadonlyMap<number, { readonly line: EndLine; readonly chunk: number }>
  /** The newest catalog revision that a run began with. */
  readonly revision: number
  /** The highest content number known to be in use. */
  readonly contents: number
  /** Of the highest chunk. */
  readonly retention: RetentionLine | undefined
}

/** A manifest that cannot be applied counts as damage and leaves no rows. For this, `db` needs a journal. */
export function applyChunks(db: Catalog, { chunks, stored }: Chosen): Applied {
  const notes = new Notes()
  const damaged: Damage[] = []
  const applied: ReadChunk[] = []
  let apply = manifestApplier(db)
  // A checkpoint has every row of the manifests before it.
  const first = chunks.findLastIndex(({ isCheckpoint }) => isCheckpoint)
  applied.push(...chunks.slice(0, Math.max(0, first)))
  for (const chunk of chunks.slice(Math.max(0, first))) {
    try {
      const lines = db.transaction(() => applyOne(apply, chunk, stored.get(chunk.chunk.chunk)))()
      for (const line of lines) notes.take(line, chunk)
      applied.push(chunk)
    } catch (error) {
      if (/^SQLITE_(FULL|IOERR)/.test(String((error as { code?: unknown }).code))) throw error
      damaged.push({ path: chunk.found.file, reason: `its manifest cannot be used: ${systemText(error)}` })
      apply = manifestApplier(db) // the old one has cached row numbers that are gone
    }
  }
  return { chunks: applied, damaged, ...notes }
}

/** Returns the lines that are not rows yet. */
function applyOne(apply: ApplyLine, chunk: ReadChunk, known: StoredLine | undefined): ManifestLine[] {
  const later: ManifestLine[] = []
  for (const line of manifestLines(chunk.manifestFile)) {
    apply(line)
    if (
      line.t === 'disc' ||
      line.t === 'end' ||
      line.t === 'meta' ||
      line.t === 'chunk' ||
      line.t === 'retention'
    )
      later.push(line)
  }
  const { chunk: number, disc, backup } = chunk.chunk
  const { compression, encrypted } = chunk.found.named
  const name = chunkFile(number, compression, encrypted)
  // If the file is doubtful, the line in a later chunk is right.
  const { bytes, sha256 } = known ?? chunk
  apply({ t: 'stored', chunk: number, disc, name, bytes, sha256, backup })
  return later
}

class Notes {
  readonly discs = new Map<number, DiscLine>()
  taken: DiscLine | undefined
  readonly ends = new Map<number, { line: EndLine; chunk: number }>()
  revision = 0
  contents = 0
  retention: RetentionLine | undefined

  take(line: ManifestLine, { chunk }: ReadChunk): void {
    // The first line of a chunk: its marks replace those of the chunks before.
    if (line.t === 'chunk') this.retention = undefined
    if (line.t === 'retention') this.retention = line
    if (line.t === 'chunk') this.contents = Math.max(this.contents, Number(line.contents ?? 0))
    if (line.t === 'meta' && line.key === 'revision')
      this.revision = Math.max(this.revision, Number(line.value) || 0)
    if (line.t === 'disc' && line.state !== undefined) this.discs.set(line.number, line)
    if (line.t === 'disc' && line.overhead !== undefined) this.taken = line
    if (line.t === 'end') this.ends.set(line.backup, { line, chunk: chunk.chunk })
  }
}
