/** The options of backups that several machines pack. */

import type { OptionSpec } from './option-spec.ts'

export const machineOptions = {
  'plan-jobs': {
    kind: 'text',
    value: 'FOLDER',
    describe:
      'write jobs for other hosts to this new folder (butcher pack-chunk); run it again for the results',
  },
  queue: {
    kind: 'text',
    value: 'URL',
    describe: 'use this queue in Redis or Valkey: redis://HOST[:PORT][/DB], or rediss:// with TLS',
  },
  'queue-file': {
    kind: 'text',
    value: 'FILE',
    describe: 'read the address of the queue, with its password, from the first line of this file',
  },
  'lost-after': {
    kind: 'text',
    value: 'N',
    describe: 'lose a job to another worker after N seconds of silence (default: 30)',
  },
  'worker-key': {
    kind: 'text',
    value: 'FILE',
    describe: 'seal the jobs by the key in this file, which all hosts share: an encrypted set needs it',
  },
  'source-map': {
    kind: 'list',
    value: 'A=B',
    describe: 'say that the workers see the path A as B; repeatable',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>
