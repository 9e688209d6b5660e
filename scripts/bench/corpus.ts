/** The facts of a tree that the bench made. */

export interface Corpus {
  readonly name: string
  readonly folder: string
  readonly files: number
  readonly bytes: number
  /** A file of it, relative to the folder: what is asked for when a contestant's work is checked. */
  readonly sample: string
}

/** The description that a maker gives of its data. */
export type Made = Pick<Corpus, 'files' | 'bytes' | 'sample'>
