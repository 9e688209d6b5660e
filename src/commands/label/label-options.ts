import type { CaseKind } from '../../label/case-insert.ts'
import type { OpenCatalog } from '../../set/open-catalog.ts'

export interface LabelOptions {
  readonly catalog: Pick<OpenCatalog, 'db' | 'meta' | 'folders'>
  /** Default all. */
  readonly discs?: readonly number[]
  /** Which copy; else there is a label for each copy that the catalog knows. */
  readonly copy?: number
  /** Ends in `.pdf` or `.svg`. */
  readonly out: string
  /** What the label says in large letters; else the set's short id, and of a set that is not encrypted the name of its source. */
  readonly title?: string
  /** Default `jewel`: its sheet fits into every case. */
  readonly case?: CaseKind | 'none'
  /** Whether a file that is there may be replaced. */
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
