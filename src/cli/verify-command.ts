import type { VerifySummary } from '../commands/verify/verify-options.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ButcherError, exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { defined, flag, text, wholeNumber, words } from './arguments.ts'
import { canAsk } from './ask.ts'
import type { Command } from './command.ts'
import { remedyHint } from './remedy-text.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showCounted, showDuration } from './show.ts'
import { storeUse } from './store-use.ts'
import { verifyPrinter } from './verify-text.ts'

export const verifyCommand: Command = {
  name: 'verify',
  positionals: [
    {
      name: 'disc',
      describe: 'a disc, an image, a drive, a folder of discs, or a destination of backup',
      count: 'many',
    },
  ],
  options: [
    ...readingSecrets,
    'index',
    'map',
    'save',
    'record',
    'copy',
    'all',
    'bwlimit',
    'json',
    'quiet',
    'no-progress',
  ],
  describes: { all: 'name every source file that is affected, not only the first ones' },
  examples: [
    ['butcher verify /media/cdrom', 'the disc in the drive'],
    ['butcher verify /srv/discs --passphrase-file secret', 'every disc of a destination'],
    ['butcher verify /dev/sr0 --record /srv/discs', 'record the result in the catalog'],
    ['butcher verify /dev/sr0 --save rescued.iso --map rescued.map', 'also copy all readable sectors'],
    ['butcher verify --index catalog.sqlite /media/cdrom', 'compare with a catalog from another place'],
  ],
  notes: [
    'Each file is read once and compared with the newest catalog found and with the SHA256SUMS of its disc.',
    'Without the passphrase of an encrypted set, butcher compares with SHA256SUMS only. At the prompt, press Enter to do so.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const secrets = await secretsOf(call)
    const { verify } = await import('../commands/verify/verify.ts')
    const printer = verifyPrinter(call, flag(args, 'all'))
    const check = (given: Secrets, mustOpen: boolean): Promise<VerifySummary> =>
      verify({
        from: words(args, 'disc'),
        ...defined({
          index: text(args, 'index'),
          map: text(args, 'map'),
          save: text(args, 'save'),
          record: text(args, 'record'),
          copy: wholeNumber(args, 'copy'),
        }),
        ...storeUse(args),
        ...given,
        mustOpen,
        onFile: printer.file,
        onLoss: printer.loss,
        report: reporter.report,
        signal,
      })
    const summary = await withSecrets(
      call,
      words(args, 'disc')[0] as string,
      secrets,
      (given) => check(given, canAsk()),
      () => check(secrets, false),
    )
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) for (const line of summaryLines(summary)) output.sentence(line)
    await output.flushWhileRead()
    const failure = failureOf(summary, words(args, 'disc'))
    if (failure) throw failure
    return exitStatus.done
  },
}

function summaryLines(summary: VerifySummary): string[] {
  const { files, bytes, seconds, discs, notHere } = summary
  const speed = seconds > 0 ? `, ${showSize(Math.round(bytes / seconds))}/s` : ''
  const by = summary.byCatalog ? 'the catalog and SHA256SUMS' : 'SHA256SUMS only'
  return [
    `read: ${showCounted(files, 'file')} (${showSize(bytes)}), in ${showDuration(seconds)}${speed}; compared with ${by}`,
    ...(summary.unreadableBytes === null || summary.unreadableBytes === 0
      ? []
      : [`of the whole medium cannot be read: ${showSize(summary.unreadableBytes)}`]),
    ...(notHere.length > 0 ? [`of this set not looked at: ${numbered('disc', notHere)}`] : []),
    ...(isSound(summary) ? [`sound${discs.length > 0 ? `: ${numbered('disc', discs)}` : ''}`] : []),
  ].map(showPath)
}

const isSound = ({ damaged, missing, misplaced }: VerifySummary): boolean =>
  damaged + missing + misplaced === 0

const numbered = (noun: string, numbers: readonly number[]): string =>
  `${noun}${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`

function failureOf(summary: VerifySummary, from: readonly string[]): ButcherError | undefined {
  if (isSound(summary)) return undefined
  const { damaged, missing, misplaced, lostFiles, lostWithCopy } = summary
  const kinds = [
    ...(damaged > 0 ? [`${showCounted(damaged, 'file')} damaged`] : []),
    ...(missing > 0 ? [`${showCounted(missing, 'file')} missing`] : []),
    ...(misplaced > 0 ? [`${showCounted(misplaced, 'chunk')} in the wrong place`] : []),
  ]
  const copies = lostWithCopy === 0 ? '' : `, ${lostWithCopy} of them stored a second time`
  const cost = !summary.byCatalog
    ? ''
    : lostFiles === 0
      ? '; no source file is affected'
      : `; ${showCounted(lostFiles, 'source file')} affected${copies}`
  const byParity = 'the disc has parity: try butcher repair'
  // A damaged chunk costs fewer files than it has: a restore reads on behind the damage.
  const byRestore =
    lostFiles > 0
      ? 'use another copy of the disc, if there is one; butcher restore finds out which of these files are undamaged'
      : undefined
  const hint = remedyHint(summary.remedies, from) ?? (summary.hasParity ? byParity : byRestore)
  return new ButcherError(
    'damaged',
    `not sound: ${kinds.join(', ')}${cost}`,
    hint === undefined ? {} : { hint },
  )
}
