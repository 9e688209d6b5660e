import type { EntryState } from '../format/entry-state.ts'

/** One path of the source, as the walk finds it. */
export interface SourceEntry extends EntryState {
  /** Bytes that a file takes on the file system: fewer than its size if it has holes. */
  readonly allocated: number | null
}

/** A path that could not be read. */
export interface SourceProblem {
  readonly path: string
  readonly message: string
  /** Whether the path's present state is unknown. Then nothing at or below it counts as deleted. */
  readonly isUnread?: boolean
}
