import type { StoreOptions } from '../store/store.ts'
import type { AttachOptions } from './remote-options.ts'

/** The options of a verb that its store takes. */
export const storeOptions = ({ store = {}, report, signal }: AttachOptions): StoreOptions => ({
  bandwidth: store.bandwidth,
  proof: store.proof,
  report,
  signal,
})
