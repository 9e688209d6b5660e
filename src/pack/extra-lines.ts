/** Manifest lines that belong to no item, in batches. */

import type { Compression } from '../format/layout.ts'
import type { ManifestLine } from '../format/manifest.ts'
import { planLines, type Work } from './plan-item.ts'
import type { Planned } from './planned.ts'

const batchLines = 50
/** Above the numbers of replaced contents. */
const neededSeq = -5e8

export class ExtraLines {
  readonly #patient: readonly ManifestLine[]
  #done = 0
  readonly #needed: (readonly ManifestLine[])[] = []

  /** `patient` lines wait for a chunk that is needed anyway. */
  constructor(patient: readonly ManifestLine[]) {
    this.#patient = patient
  }

  /** These lines need a chunk, even if there are none of them: then the chunk has only the end of the run. */
  need(lines: readonly ManifestLine[]): void {
    for (let at = 0; at === 0 || at < lines.length; at += batchLines)
      this.#needed.push(lines.slice(at, at + batchLines))
  }

  *takePatient(compression: Compression): Generator<Planned<Work>> {
    while (this.#done < this.#patient.length) {
      const some = this.#patient.slice(this.#done, this.#done + batchLines)
      this.#done += some.length
      yield planLines(-this.#done, some, compression)
    }
  }

  takeNeeded(compression: Compression): Planned<Work>[] {
    const planned = this.#needed.map((lines, i) => planLines(neededSeq + i, lines, compression))
    this.#needed.length = 0
    return planned
  }
}
