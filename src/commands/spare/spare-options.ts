/** The options of `makeSpare` and `recover`, and their results. */

import type { Report } from '../../events.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'
import type { NeededDisc } from '../../set/needed-disc.ts'

export interface RecoverOptions {
  /** The number of the lost disc. */
  readonly disc: number
  /** Folders of discs and of the spare, mounted or not, or the folders above them. */
  readonly from: readonly string[]
  /** The folder for the recovered disc: it is empty or does not exist. */
  readonly out: string
  /** Asks for each other disc of the group that was not found. */
  readonly requestDisc?: (disc: NeededDisc) => Promise<string | undefined>
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RecoverSummary {
  readonly disc: number
  readonly label: string
  readonly spare: number
  readonly out: string
  readonly files: number
  readonly bytes: number
  readonly bytesRead: number
  /** Names of the files that differ from the lost disc, because a warning named damage. */
  readonly damaged: readonly string[]
  readonly seconds: number
}

export interface MakeSpareOptions extends ChangeSetOptions {
  readonly discs: readonly number[]
  /** Places of discs that are no longer in the destination. */
  readonly from?: readonly string[]
  /** Asks for each disc that was not found; then the discs are read one after another. */
  readonly requestDisc?: (disc: NeededDisc) => Promise<string | undefined>
  readonly report?: Report
}

export interface MakeSpareSummary {
  readonly spare: number
  readonly label: string
  /** The folder of the spare. */
  readonly folder: string
  /** Numbers of the discs of its group. */
  readonly discs: readonly number[]
  /** Bytes of the spare. */
  readonly bytes: number
  /** Bytes read from the discs. */
  readonly bytesRead: number
  readonly seconds: number
}
