/** `import bcper`. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { asButcherError, exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { changeDefinitions, parseDefinitions, readDefinitions } from '../../jobs/configuration.ts'
import type { Definitions } from '../../jobs/definitions.ts'
import { type Imported, importBcper } from '../../jobs/import-bcper.ts'
import { saveSecret } from '../../jobs/secrets.ts'
import { localZone } from '../../schedule/schedule.ts'
import { flag, optionalWord } from '../arguments.ts'
import type { Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'

export const importBcperCommand: Command = {
  name: 'import bcper',
  positionals: [
    { name: 'folder', describe: 'the folder of bcper (default: ~/.config/bcper)', count: 'optional' },
  ],
  options: ['dry-run', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher import bcper --dry-run', 'show what would be imported, and what changes its meaning'],
    ['butcher import bcper', 'import items, vaults, stores, schedules and jobs'],
  ],
  notes: [
    'Passwords become secrets. Jobs are paused until you resume them. The archives of bcper stay where they are.',
    'Nothing is imported if a name exists already.',
  ],
  run: async ({ args, output, reporter }) => {
    const folder = path.resolve(optionalWord(args, 'folder') ?? path.join(os.homedir(), '.config', 'bcper'))
    const file = path.join(folder, 'config.json')
    const imported = importBcper(readText(file), file, os.homedir(), localZone(), new Date())
    const dryRun = flag(args, 'dry-run')
    // Checks also what a dry run would save.
    parseDefinitions(JSON.stringify(together(readDefinitions(), imported)), file)
    if (!dryRun) {
      for (const [name, passphrase] of imported.passphrases) saveSecret(name, passphrase)
      changeDefinitions((now) => together(now, imported))
    }
    const summary = summaryOf(imported, dryRun)
    if (reporter.json) output.line(jsonText({ type: 'summary', ...summary }))
    else if (!reporter.quiet)
      for (const line of linesOf(imported, dryRun, folder)) output.line(showPath(line))
    return exitStatus.done
  },
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
}

const together = (now: Definitions, { definitions }: Imported): Definitions => ({
  ...now,
  items: [...now.items, ...definitions.items],
  vaults: [...now.vaults, ...definitions.vaults],
  stores: [...now.stores, ...definitions.stores],
  schedules: [...now.schedules, ...definitions.schedules],
  jobs: [...now.jobs, ...definitions.jobs],
})

const summaryOf = ({ definitions, passphrases, remarks }: Imported, dryRun: boolean) => ({
  items: definitions.items.map(({ name }) => name),
  vaults: definitions.vaults.map(({ name }) => name),
  stores: definitions.stores.map(({ name }) => name),
  schedules: definitions.schedules.map(({ id }) => id),
  jobs: definitions.jobs.map(({ name }) => name),
  secrets: [...passphrases.keys()],
  remarks,
  dry_run: dryRun,
})

function linesOf(imported: Imported, dryRun: boolean, folder: string): readonly string[] {
  const { dry_run: _, remarks, ...lists } = summaryOf(imported, dryRun)
  const verb = dryRun ? 'would import' : 'imported'
  return [
    ...Object.entries(lists)
      .filter(([, names]) => names.length > 0)
      .map(([kind, names]) => `${verb} ${kind}: ${names.join(', ')}`),
    ...remarks,
    ...(fs.existsSync(path.join(folder, 'daemon.sock'))
      ? ['Stop the daemon of bcper before you resume a job.']
      : []),
  ]
}
