/** The options about forgotten backups. */

import type { OptionSpec } from './option-spec.ts'

export const retentionOptions = {
  forgotten: { kind: 'flag', describe: 'include forgotten backups, which a prune has not removed yet' },
  'keep-within': {
    kind: 'text',
    value: 'SPAN',
    describe: 'keep all backups of this time before the newest one: 12h, 7d, 3m or 1y6m',
  },
  backup: {
    kind: 'list',
    value: 'N',
    describe: 'forget these backups, e.g. 4 or 4,7-9; repeatable',
  },
  prune: { kind: 'flag', describe: 'then free the room, as butcher prune does' },
  undo: { kind: 'list', value: 'N', describe: 'take a forgotten backup back; repeatable' },
} as const satisfies Readonly<Record<string, OptionSpec>>
