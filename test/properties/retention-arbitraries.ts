/** Random histories of backups, forgets and prunes, some of which are killed. */

import * as fc from 'fast-check'
import type { BackupOptions } from '../../src/commands/backup/backup-options.ts'
import { edits, firstEdits } from './arbitraries.ts'
import type { Edit } from './edits.ts'

/** Kills the run at one of its calls that change the disk, if it has so many. */
export interface Kill {
  readonly at: number
  readonly isAfter: boolean
  /** Whether the same command runs again at once. A prune between it and the next backup is possible, too. */
  readonly isRepeated: boolean
}

export type Action = { readonly kill: Kill | undefined } & (
  | { readonly do: 'backup'; readonly edits: readonly Edit[]; readonly churn: number }
  | { readonly do: 'forget' | 'undo'; readonly pick: number }
  | { readonly do: 'pin'; readonly pick: number }
  | { readonly do: 'prune' }
)

export interface History {
  readonly isRemote: boolean
  readonly encrypted: boolean
  readonly hash: 'sha256' | 'sha512'
  readonly options: Pick<BackupOptions, 'compress' | 'chunkSizeBytes' | 'piecesFromBytes'>
  readonly actions: readonly Action[]
  /** Which backups are forgotten at last. */
  readonly lastPick: number
}

const kill = fc.option(
  fc.record({ at: fc.integer({ min: 1, max: 90 }), isAfter: fc.boolean(), isRepeated: fc.boolean() }),
  { nil: undefined, freq: 3 },
)
/** Small files that the backup finds changed, one a bit: so prunes have chunks to rewrite. */
export const churned = 20
const churn = fc.nat((1 << churned) - 1)
const backup = fc.record({ do: fc.constant('backup' as const), edits, churn, kill })
const pick = fc.nat(255)
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: backup },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('forget' as const), pick, kill }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('undo' as const), pick, kill }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pin' as const), pick, kill }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('prune' as const), kill }) },
)

export const history: fc.Arbitrary<History> = fc
  .record({
    isRemote: fc.boolean(),
    encrypted: fc.boolean(),
    hash: fc.constantFrom('sha256', 'sha512'),
    options: fc.record({
      compress: fc.constantFrom('auto', 'none', 'none', 'zstd'),
      chunkSizeBytes: fc.constantFrom(20_000, 65_536, 200_000),
      piecesFromBytes: fc.constantFrom(0, 150_000),
    }),
    first: fc.record({ do: fc.constant('backup' as const), edits: firstEdits, churn, kill }),
    more: fc.array(backup, { minLength: 2, maxLength: 3 }),
    actions: fc.array(action, { minLength: 3, maxLength: 8 }),
    lastPick: pick,
  })
  .map(({ first, more, actions, ...rest }) => ({ ...rest, actions: [first, ...more, ...actions] }))
