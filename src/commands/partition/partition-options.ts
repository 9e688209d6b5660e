import type { Report } from '../../events.ts'
import type { Detail, PartitionFacts } from '../../partition/partition-image.ts'

export interface PartitionInfoOptions {
  /** The image, the first of its parts, or `-` for stdin. */
  readonly image: string
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface PartitionInfo {
  readonly facts: PartitionFacts
  /** More of the header. */
  readonly details: readonly Detail[]
}
