/**
 * A manifest line: the forgotten and the pinned backups when the run began, with the times of the marks in
 * milliseconds since 1970. The marks are those of the highest chunk: none if it has no such line.
 */
export interface RetentionLine {
  readonly t: 'retention'
  readonly forgotten: readonly (readonly [backup: number, at: number])[]
  readonly pinned: readonly (readonly [backup: number, at: number])[]
}
