import type { Report } from '../../events.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'

export interface BurnOptions extends ChangeSetOptions {
  /** By default all in the destination that have fewer good copies than wanted. */
  readonly discs?: readonly number[]
  /**
   * `/dev/sr0`, or `stdio:FILE` with `%d` for the disc and `%c` for the copy; by default the only drive.
   * Several drives burn at the same time: each takes the next copy when it is free.
   */
  readonly device?: string | readonly string[]
  /** The number of good copies that each disc should have, default 1. */
  readonly copies?: number
  readonly speed?: string
  /** Reserve spare blocks on a blank BD-R, for defect management. */
  readonly spares?: boolean
  /** Agrees to erase rewritable discs that are not blank. */
  readonly blank?: boolean
  /** Remove folder and image of a disc after all wanted copies are burned and verified. */
  readonly removeStaged?: boolean
  /**
   * A shell command that puts the next blank into a drive, for a loader. It gets `BUTCHER_DEVICE`,
   * `BUTCHER_DISC`, `BUTCHER_COPY` and `BUTCHER_LABEL`. butcher then asks nobody for a blank.
   */
  readonly loadCommand?: string
  /** The same for taking a disc out. `BUTCHER_RESULT` is `verified`, `damaged`, `spoilt` or `unfit`. */
  readonly unloadCommand?: string
  /** Asks for a blank; false ends the run. Without it, a drive without a blank is an error. */
  readonly requestBlank?: (need: NeededBlank) => Promise<boolean>
  /** Asks to load the burned disc again, if the drive cannot do it by itself; false ends the run. */
  readonly requestReload?: (device: string) => Promise<boolean>
  /** Asks whether to erase a rewritable disc that is not blank. Without it, butcher does not erase it. */
  readonly confirmErase?: (disc: DiscToErase) => Promise<boolean>
  /** Gets each copy after it was burned and read back. */
  readonly onCopy?: (copy: BurnedCopy) => void
  readonly report?: Report
}

export interface NeededBlank {
  readonly disc: number
  readonly label: string
  readonly copy: number
  readonly bytes: number
  readonly device: string
  /** Why the medium in the drive does not fit; undefined if the drive was not inspected yet. */
  readonly problem: string | undefined
}

export interface DiscToErase {
  readonly device: string
  readonly type: string
  readonly volumeIds: readonly string[]
}

export interface BurnedCopy {
  readonly disc: number
  readonly copy: number
  readonly label: string
  readonly device: string
  /** Vendor and model of the drive. */
  readonly burner: string
  readonly bytes: number
  /** Of the image, lower-case hex. */
  readonly sha256: string
  /** Whether the copy was read back without a difference. */
  readonly verified: boolean
  /** Duration of burning. */
  readonly burnSeconds: number
  /** Duration of reading back. */
  readonly readSeconds: number
}

export interface BurnSummary {
  /** Numbers of the burned discs. */
  readonly discs: readonly number[]
  /** Number of burned copies. */
  readonly copies: number
  readonly bytes: number
  /** Number of copies that were read back without a difference. */
  readonly verified: number
  /** Number of spoilt blanks. */
  readonly spoilt: number
  /** Numbers of the discs whose folder and image were removed. */
  readonly removed: readonly number[]
  readonly seconds: number
}

/** The result of `--dry-run`. */
export interface BurnPlan {
  /** The discs to burn. */
  readonly discs: readonly {
    readonly disc: number
    readonly label: string
    readonly bytes: number
    /** Number of copies to burn. */
    readonly copies: number
    /** The source of the copy. */
    readonly from: 'folder' | 'image'
    readonly device: string
  }[]
  /** The medium in each drive. */
  readonly media: readonly {
    readonly device: string
    /** Kind of the medium, as xorriso names it. */
    readonly type: string
    /** `blank`, `none` and so on. */
    readonly state: string
    /** Free bytes. */
    readonly freeBytes: number
  }[]
}
