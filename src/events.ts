/** The reports of a long command: data only. Renderers decide what a person sees. */
export type ButcherEvent = StageEvent | ProgressEvent | WarningEvent | NoteEvent | ChunkEvent | DiscEvent

export type Stage =
  | 'scan'
  | 'hash'
  | 'pack'
  | 'finish'
  | 'restore'
  | 'verify'
  | 'image'
  | 'burn'
  | 'rebuild'
  | 'parity'
  | 'repair'
  | 'spare'
  | 'recover'
  | 'read-device'
  | 'write-device'
  | 'compare-device'
  | 'index'
  | 'upload'
  | 'rewrite'

/** A stage begins. Totals are given if the stage before could count them. */
export interface StageEvent {
  readonly type: 'stage'
  readonly stage: Stage
  readonly totalBytes?: number
  readonly totalFiles?: number
  /** The drive in work, if there are several. */
  readonly device?: string
}

/** The progress of the stage, in source bytes and files; at most about ten events a second. */
export interface ProgressEvent {
  readonly type: 'progress'
  readonly stage: Stage
  readonly bytes: number
  readonly files: number
  readonly totalBytes?: number
  readonly totalFiles?: number
  /** The disc and chunk in work. */
  readonly disc?: number
  readonly chunk?: number
  /** Bytes that are proven in the store of the destination. */
  readonly uploadedBytes?: number
  /** The estimated number of the last disc, for content that does not compress. */
  readonly lastDisc?: number
  /**
   * The disk or drive in work, its speed in the last seconds, and the time left at the speed of pieces that
   * are not zeros.
   */
  readonly device?: string
  readonly bytesPerSecond?: number
  readonly secondsLeft?: number
}

/** A problem with one path that does not stop the run. */
export interface WarningEvent {
  readonly type: 'warning'
  readonly path?: string
  readonly message: string
  /** `source`: the backup does not have the path as it is in the source (exit status 3). */
  readonly kind: 'source' | 'restore' | 'other'
}

/** A fact for the user that is not a problem. */
interface NoteEvent {
  readonly type: 'note'
  readonly message: string
}

interface ChunkEvent {
  readonly type: 'chunk'
  readonly chunk: number
  readonly disc: number
  readonly file: string
  readonly sourceBytes: number
  readonly storedBytes: number
}

interface DiscEvent {
  readonly type: 'disc'
  readonly disc: number
  readonly state: 'needed' | 'reading'
  readonly label?: string
}

export type Report = (event: ButcherEvent) => void

export const silent: Report = () => {}
