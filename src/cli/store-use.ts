import { parseSize } from '../format/size-text.ts'
import type { StoreUser } from '../remote/remote-options.ts'
import { checkBandwidth } from '../store/bandwidth.ts'
import { defined, text } from './arguments.ts'
import type { Arguments } from './command.ts'

/** How the call uses a store, by `--staging`, `--bwlimit` and `--proof`. Throws `usage`. */
export function storeUse(args: Arguments): StoreUser {
  const staging = text(args, 'staging')
  const bandwidth = text(args, 'bwlimit')
  const store = {
    stagingBytes: staging === undefined ? undefined : parseSize(staging, '--staging'),
    bandwidth: bandwidth === undefined ? undefined : checkBandwidth(bandwidth, '--bwlimit'),
    proof: text(args, 'proof') as 'content' | 'size' | undefined,
  }
  return Object.values(store).every((value) => value === undefined) ? {} : { store: defined(store) }
}
