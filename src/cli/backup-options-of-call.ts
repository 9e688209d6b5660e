import type { BackupOptions } from '../commands/backup/backup-options.ts'
import { parseDiscNumbers } from '../format/disc-numbers.ts'
import { mediumNames, parseMedium } from '../format/medium.ts'
import { parseSize } from '../format/size-text.ts'
import { defined, flag, list, listIfGiven, text, wholeNumber } from './arguments.ts'
import type { Arguments } from './command.ts'
import { nearest } from './nearest.ts'
import { queueOfCall } from './queue-of-call.ts'
import { pathChoice } from './options.ts'
import { storeUse } from './store-use.ts'
import { usageError } from './split-words.ts'

/** The options of a backup, for every command that makes one. */
export const backupChoice = [
  'passphrase', 'passphrase-file', 'passphrase-command', 'encrypt', 'no-encrypt', 'recipient', 'private-key', 'name', 'medium', 'chunk-size',
  'redundancy',
  'compress', 'hash', ...pathChoice, 'one-file-system', 'no-index-page', 'pieces', 'reset-options', 'full', 'jobs',
] as const // prettier-ignore

/** The choices of a call for a backup. Throws `usage`. */
export function backupOptionsOf(
  args: Arguments,
  source: string | readonly string[],
  destination: string,
): BackupOptions {
  const medium = text(args, 'medium')
  if (medium !== undefined) checkMedium(medium)
  const chunkSize = text(args, 'chunk-size')
  const values = {
    as: listIfGiven(args, 'as'),
    index: text(args, 'index'),
    name: text(args, 'name') || undefined,
    medium,
    chunkSizeBytes: chunkSize === undefined ? undefined : parseSize(chunkSize, '--chunk-size'),
    maxDiscs: wholeNumber(args, 'max-discs'),
    redundancy: percent(args),
    compress: text(args, 'compress') as BackupOptions['compress'] | undefined,
    hash: text(args, 'hash') as BackupOptions['hash'] | undefined,
    include: listIfGiven(args, 'include'),
    exclude: listIfGiven(args, 'exclude'),
    excludeFrom: listIfGiven(args, 'exclude-from'),
    filter: text(args, 'filter'),
    oneFileSystem: flag(args, 'one-file-system') || undefined,
    resetOptions: flag(args, 'reset-options'),
    full: flag(args, 'full'),
    indexPage: flag(args, 'no-index-page') ? false : undefined,
    piecesFromBytes: piecesFrom(args),
    asPartition: flag(args, 'as-partition') || undefined,
    replaceDiscs: list(args, 'replace-disc').flatMap(parseDiscNumbers),
    newDisc: flag(args, 'new-disc'),
    dryRun: flag(args, 'dry-run') || undefined,
    planJobs: text(args, 'plan-jobs'),
    queue: queueOfCall(args),
    workerKey: text(args, 'worker-key'),
    sourceMap: listIfGiven(args, 'source-map'),
    jobs: wholeNumber(args, 'jobs'),
  }
  return { source, destination, ...defined(values), ...storeUse(args) }
}

/** The size for `--pieces` without a value. */
const usualPiecesFrom = 16 << 20

function piecesFrom(args: Arguments): number | undefined {
  if (flag(args, 'pieces')) return usualPiecesFrom
  const given = text(args, 'pieces')
  if (given === undefined) return undefined
  return given.trim() === '0' ? 0 : parseSize(given, '--pieces')
}

function percent(args: Arguments): number | undefined {
  const given = text(args, 'redundancy')
  if (given === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(given.trim())
  if (!match) throw usageError(`--redundancy '${given}' is not a share such as 10%`)
  return Number(match[1])
}

function checkMedium(medium: string): void {
  if (/^\s*[\d.]/.test(medium) || mediumNames.includes(medium.trim().toLowerCase()))
    return void parseMedium(medium)
  const near = nearest(medium, mediumNames)
  throw usageError(
    `unknown medium '${medium}'${near === undefined ? '' : `; did you mean ${near}?`}`,
    `choose one of ${mediumNames.join(', ')}, or a size such as 650MB`,
  )
}
