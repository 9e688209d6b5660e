import type { MountPlan } from '../commands/mount/plan-mount.ts'
import { shellWord } from '../format/shell-word.ts'
import { defined, flag, list, text, word, words } from './arguments.ts'
import type { Command } from './command.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { type MountText, mountOptions, type ServedMount, serveMount } from './serve-mount.ts'
import { storeUse } from './store-use.ts'
import { showCounted } from './show.ts'

export const mountCommand: Command = {
  name: 'mount',
  positionals: [
    {
      name: 'from',
      describe: 'a destination of backup, a disc, an image, or a folder of discs',
      count: 'many',
    },
    { name: 'folder', describe: 'an empty folder for the mount', count: 'one' },
  ],
  options: [
    ...readingSecrets,
    'index',
    'device',
    'forgotten',
    'bwlimit',
    ...mountOptions,
    'json',
    'quiet',
    'no-progress',
  ],
  describes: { device: 'read discs from this drive, /dev/sr0; repeatable' },
  examples: [
    ['butcher mount /srv/discs /mnt/backups', 'all backups; the newest is in /mnt/backups/latest'],
    ['butcher mount /media/disc1 /media/disc2 /mnt/backups', 'from two drives'],
    ['butcher mount --device /dev/sr0 /srv/catalog /mnt/backups', 'one drive, in which discs are changed'],
    ['butcher unmount /mnt/backups', 'end the mount'],
  ],
  notes: [
    'The mount is read-only, and serves in the background until it is unmounted. It shows the backups that were complete when it began.',
    'A file whose disc is missing or damaged cannot be read (input/output error). The log names the disc.',
  ],
  run: async (call) => {
    const { args, reporter, signal } = call
    const options = {
      from: words(args, 'from'),
      folder: word(args, 'folder'),
      ...defined({
        index: text(args, 'index'),
        devices: list(args, 'device'),
        forgotten: flag(args, 'forgotten'),
      }),
      ...storeUse(args),
    }
    const secrets = await secretsOf(call)
    const { planMount } = await import('../commands/mount/plan-mount.ts')
    const plan = await withSecrets(call, options.from[0] as string, secrets, (opened) =>
      planMount({ ...options, ...opened, report: reporter.report, signal }),
    )
    return serveMount(call, plan.request, async (mount) => textOf(plan, mount))
  },
}

function textOf(
  { set, backup, backups, discs, missingDiscs }: MountPlan,
  { folder }: ServedMount,
): MountText {
  const missing = missingDiscs.length === 0 ? [] : [`missing: disc ${missingDiscs.join(', ')}; their files cannot be read now`] // prettier-ignore
  return {
    lines: [
      `${showCounted(backups, 'backup')}; the newest, ${backup}, is in ${shellWord(`${folder}/latest`)}`,
      ...missing,
    ],
    fields: { set, backup, backups, discs, missingDiscs },
  }
}
