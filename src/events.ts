/** What a long command tells while it works: data only; renderers decide what a person sees. */
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

/** A stage begins; totals are known where the stage before could count them. */
export interface StageEvent {
  readonly type: 'stage'
  readonly stage: Stage
  readonly totalBytes?: number
  readonly totalFiles?: number
}

/** How far the stage is, in source bytes and files; at most some ten a second. */
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
  /** The number that the last disc will have, about: of content that does not compress. */
  readonly lastDisc?: number
}

/** Trouble with one path that does not stop the run. */
export interface WarningEvent {
  readonly type: 'warning'
  readonly path?: string
  readonly message: string
  /** `source`: the path is not in the backup as it stands in the source (exit status 3). */
  readonly kind: 'source' | 'restore' | 'other'
}

/** Something the user should know that is no trouble. */
export interface NoteEvent {
  readonly type: 'note'
  readonly message: string
}

export interface ChunkEvent {
  readonly type: 'chunk'
  readonly chunk: number
  readonly disc: number
  readonly file: string
  readonly sourceBytes: number
  readonly storedBytes: number
}

export interface DiscEvent {
  readonly type: 'disc'
  readonly disc: number
  readonly state: 'opened' | 'full' | 'needed' | 'reading'
  readonly label?: string
}

export type Report = (event: ButcherEvent) => void

export const silent: Report = () => {}
