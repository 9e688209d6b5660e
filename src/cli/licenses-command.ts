import { isOneFile, ownText, packagesFolder } from '../own-files.ts'
import { exitStatus } from '../errors.ts'
import type { Command } from './command.ts'

export const licensesCommand: Command = {
  name: 'licenses',
  positionals: [],
  options: [],
  examples: [['butcher licenses | less', 'the licences of butcher and of all that is inside it']],
  notes: ['As one file, butcher has Node.js and its packages inside, so it also prints their licences.'],
  run: async ({ output }) => {
    output.line(ownText(isOneFile ? 'licenses.txt' : 'LICENSE').trimEnd())
    if (!isOneFile) output.line(`\nEach package that butcher uses has its licence in ${packagesFolder()}.`)
    return exitStatus.done
  },
}
