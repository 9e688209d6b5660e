/** The help of the program as data: the commands in groups, the exit statuses, the environment. */

import { exitStatus } from '../errors.ts'
import { sentence, type Term, type TermGroup } from './command-page.ts'
import { commandGroups } from './command-entry.ts'
import { commandList } from './command-list.ts'
import { jobFamilies } from './jobs/job-command-list.ts'

export const programCall = 'butcher <command> [options]'

/** One line, as a man page's NAME has it. */
export const programSummary = 'incremental, encrypted backups on optical discs'

export const programDescription = sentence(programSummary)

/** The commands, in the order of every list. */
export const commandsByGroup: readonly TermGroup[] = commandGroups.map((title) => ({
  title,
  terms: commandList
    .filter(({ group }) => group === title)
    .map(({ name, summary }) => ({ term: name, text: summary })),
}))

/** The same for a terminal: the commands of jobs are many, so each family is one line. */
export const shortCommandsByGroup: readonly TermGroup[] = commandsByGroup.map((group) =>
  group.title === 'Jobs' ? { title: 'Jobs', terms: jobFamilies } : group,
)

export const exitStatuses: readonly Term[] = [
  { term: String(exitStatus.done), text: 'done' },
  { term: String(exitStatus.failed), text: 'failed; the last line on stderr says why' },
  { term: String(exitStatus.usage), text: 'wrong usage' },
  { term: String(exitStatus.incomplete), text: 'done, but some source files could not be read' },
  { term: String(exitStatus.noSet), text: 'no set at the place given' },
  { term: String(exitStatus.locked), text: 'another run has locked the set' },
  { term: String(exitStatus.secret), text: 'wrong or missing passphrase or key' },
  { term: String(exitStatus.stopped), text: 'stopped by the user' },
]

export const environment: readonly Term[] = [
  { term: 'BUTCHER_PASSPHRASE', text: 'the passphrase, if no option gives one' },
  {
    term: 'BUTCHER_PASSPHRASE_FILE',
    text: 'a file with the passphrase in its first line, if no option gives a passphrase',
  },
  { term: 'BUTCHER_QUEUE', text: 'the address of the queue, for backup and worker' },
  { term: 'BUTCHER_DEBUG', text: 'any value: show the stack of an error' },
  { term: 'TMPDIR', text: 'the folder for temporary files, /tmp by default' },
]
