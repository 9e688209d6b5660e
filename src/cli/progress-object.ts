import type { Stage } from '../events.ts'

/** The line `progress` of `--json`. */
export interface ProgressObject {
  readonly stage: Stage
  /** Bytes done in this stage. */
  readonly bytes: number
  /** Files done in this stage. */
  readonly files: number
  /** Bytes of the whole stage, if known. */
  readonly total_bytes?: number
  /** Files of the whole stage, if known. */
  readonly total_files?: number
  /** The disc in work. */
  readonly disc?: number
  /** The chunk in work. */
  readonly chunk?: number
  /** Its estimated last number. */
  readonly last_disc?: number
  /** Bytes that are proven in the store of the destination. */
  readonly uploaded_bytes?: number
  /** The device in work. */
  readonly device?: string
  /** Speed over the last seconds. */
  readonly bytes_per_second?: number
  /** Estimated time left. */
  readonly seconds_left?: number
}
