import {
  aPath,
  choice,
  filledList,
  needed,
  object,
  optional,
  parsed,
  runFields,
  secretFields,
  whole,
} from '../options/check-fields.ts'
import type { Report } from '../events.ts'
import { checkBandwidth } from '../store/bandwidth.ts'

/** How a verb uses a store. For places in folders it has no effect. */
interface StoreUse {
  /** Room in the cache for chunks on their way, in bytes; default 4e9. */
  readonly stagingBytes?: number
  /** The most bytes a second, as rclone has it: `10M`, or a timetable. */
  readonly bandwidth?: string
  /** `size`: the size alone proves an upload, where the store makes no hash. Default `content`. */
  readonly proof?: 'content' | 'size'
}

/** For verbs that may be given a set in a store. */
export interface StoreUser {
  readonly store?: StoreUse
}

export interface AttachOptions extends StoreUser {
  readonly report?: Report
  readonly signal?: AbortSignal
}

export const defaultStagingBytes = 4e9

/** The field of `StoreUser`. */
export const storeField = optional(
  object({
    stagingBytes: optional(whole),
    bandwidth: optional(parsed('a speed as rclone has it, or a timetable of speeds', checkBandwidth)),
    proof: optional(choice('content', 'size')),
  }),
)

/** Fields of every verb that reads a set from several places. */
export const fromFields = {
  ...secretFields,
  ...runFields,
  store: storeField,
  from: needed(filledList(aPath)),
}
