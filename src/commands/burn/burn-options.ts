import type { Report } from '../../events.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'

export interface BurnOptions extends ChangeSetOptions {
  /** Default: all that are in the destination and have fewer good copies than wanted. */
  readonly discs?: readonly number[]
  /** `/dev/sr0`, or `stdio:FILE` with `%d` for the disc and `%c` for the copy; default the only drive there is. */
  readonly device?: string
  /** How many good copies each disc is to have in the end, default 1. */
  readonly copies?: number
  readonly speed?: string
  /** Set spare blocks aside on a blank BD-R, for defect management. */
  readonly spares?: boolean
  /** Agrees to the erasing of rewritable discs that are not blank. */
  readonly blank?: boolean
  /** Remove folder and image of a disc once all copies wanted are burned and verified. */
  readonly removeStaged?: boolean
  /** Asks for a blank; answers with false to end here. Without it, a drive without one is an error. */
  readonly requestBlank?: (need: NeededBlank) => Promise<boolean>
  /** Asks for the disc that was just burned, where the drive does not take it in by itself; answers with false to end here. */
  readonly requestReload?: (device: string) => Promise<boolean>
  /** Asks whether a rewritable disc that is not blank may be erased. Without it, it may not. */
  readonly confirmErase?: (disc: DiscToErase) => Promise<boolean>
  /** Hears of each copy that was burned and read back. */
  readonly onCopy?: (copy: BurnedCopy) => void
  readonly report?: Report
}

export interface NeededBlank {
  readonly disc: number
  readonly label: string
  readonly copy: number
  readonly bytes: number
  readonly device: string
  /** Why what is in the drive will not do; undefined where it was not looked at yet. */
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
