import type { CaseKind } from '../../label/case-insert.ts'
import type { OpenCatalog } from '../../set/open-catalog.ts'

export interface LabelOptions {
  readonly catalog: Pick<OpenCatalog, 'db' | 'meta' | 'folders'>
  /** By default all. */
  readonly discs?: readonly number[]
  /** The copy; by default there is a label for each known copy. */
  readonly copy?: number
  /** Ends in `.pdf` or `.svg`. */
  readonly out: string
  /**
   * The title in large letters. By default the set's short id, or for an unencrypted set the name of its
   * source.
   */
  readonly title?: string
  /** Default `jewel`: its sheet fits into every case. */
  readonly case?: CaseKind | 'none'
  /** Whether an existing file may be replaced. */
  readonly overwrite?: boolean
}

export interface MadeLabels {
  readonly labels: readonly {
    readonly disc: number
    /** Number of the copy. null if the label is for any copy. */
    readonly copy: number | null
    /** Text of the QR code. */
    readonly code: string
  }[]
  readonly files: readonly string[]
}
