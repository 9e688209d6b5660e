/** Counts the metadata that restored paths did not get, with the first path of each kind as an example. */

import { systemText } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import type { Missed } from './metadata.ts'

interface MissedCount {
  readonly paths: number
  readonly example: string
}

export interface MissedCounts {
  readonly owners: MissedCount
  readonly rights: MissedCount
  readonly modes: MissedCount
  readonly attributes: MissedCount
}

const nothing: MissedCount = { paths: 0, example: '' }
const nothingMissed: MissedCounts = {
  owners: nothing,
  rights: nothing,
  modes: nothing,
  attributes: nothing,
}

export class MissedSum {
  #counts = nothingMissed

  record(path: string, { attributes: [attribute], owner, rights, mode }: Missed): void {
    if (attribute === undefined && !owner && !rights && !mode) return
    const shown = showPath(path)
    const one = (isMissed: boolean, example = shown): MissedCount =>
      isMissed ? { paths: 1, example } : nothing
    const isUnset = attribute !== undefined
    this.add({
      owners: one(owner),
      rights: one(rights),
      modes: one(mode),
      attributes: one(
        isUnset,
        isUnset ? `${showPath(attribute.name)} of ${shown}: ${systemText(attribute)}` : '',
      ),
    })
  }

  add(more: MissedCounts): void {
    const { owners, rights, modes, attributes } = this.#counts
    this.#counts = {
      owners: sum(owners, more.owners),
      rights: sum(rights, more.rights),
      modes: sum(modes, more.modes),
      attributes: sum(attributes, more.attributes),
    }
  }

  /** The counts since the last call, if there are any. */
  take(): MissedCounts | undefined {
    const counts = this.#counts
    this.#counts = nothingMissed
    return counts === nothingMissed ? undefined : counts
  }
}

const sum = (a: MissedCount, b: MissedCount): MissedCount => ({
  paths: a.paths + b.paths,
  example: a.example || b.example,
})
