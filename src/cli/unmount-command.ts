import { exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { flag, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'

export const unmountCommand: Command = {
  name: 'unmount',
  positionals: [{ name: 'folder', describe: 'the folder of a mount', count: 'one' }],
  options: ['lazy', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher unmount /mnt/photos', 'end a mount'],
    ['butcher unmount --lazy /mnt/photos', 'free the folder even if files in it are open'],
  ],
  notes: [
    'A mount that is in use is not ended; the message names the programs that use it. umount and fusermount3 -u work too.',
  ],
  run: async ({ args, output, reporter }) => {
    const { unmountFolder } = await import('../fuse/unmount.ts')
    const { folder, source } = await unmountFolder(word(args, 'folder'), { lazy: flag(args, 'lazy') })
    if (reporter.json) output.line(jsonText(jsonSummary({ folder, source })))
    else if (!reporter.quiet) output.line(showPath(`unmounted ${folder}`))
    return exitStatus.done
  },
}
