import type { PartitionCheck } from '../commands/partition/partition-options.ts'
import { ButcherError, exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { rangeText } from '../partition/damage-text.ts'
import type { Damage } from '../partition/partition-image.ts'
import { flag, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { imagePositional } from './partition-info-command.ts'
import { showCounted, showDuration } from './show.ts'

export const partitionCheckCommand: Command = {
  name: 'partition check',
  positionals: [imagePositional],
  options: ['files', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher partition check sda1.ext4-ptcl-img.zst', 'read all of it and name each damaged range'],
    ['butcher partition check --files sda1.img', 'also name the files that are affected'],
  ],
  notes: [
    'The command reads past damage to the end. It ends with status 1 if there is any.',
    'Not every format can tell: images of partclone 0.2 check the first byte of each block, images of ntfsclone and of partclone -a0 nothing.',
    '--files restores the partition into the folder for temporary files. It needs room for the used blocks there.',
  ],
  run: async ({ args, output, reporter, signal }) => {
    const { checkPartition } = await import('../commands/partition/check.ts')
    const image = word(args, 'image')
    const onDamage = (damage: Damage): void => {
      if (reporter.json) output.line(jsonText({ ...jsonSummary(damage), type: 'damage' }))
      else for (const line of damageLines(damage)) output.line(line)
    }
    const check = await checkPartition({
      image,
      files: flag(args, 'files'),
      onDamage,
      onFile: (file) =>
        output.sentence(
          reporter.json
            ? jsonText({ type: 'file', ...file })
            : showPath(`damaged file: ${file.path} (inode ${file.inode})`),
        ),
      report: reporter.report,
      signal,
    })
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary(check)))
    else {
      for (const warning of check.warnings) reporter.tell(`warning: ${showPath(warning)}`)
      if (!reporter.quiet) output.sentence(summaryLine(check))
    }
    await output.flushWhileRead()
    if (check.sound) return exitStatus.done
    throw new ButcherError('damaged', `${image} is damaged: ${lost(check)}`, {
      path: image,
      hint: 'butcher partition restore --ignore-checksums restores the rest',
    })
  },
}

const damageLines = ({ message, ranges }: Damage): string[] =>
  ranges.length === 0 ? [message] : ranges.map((range) => `${rangeText(range)}: ${message}`)

function summaryLine(check: PartitionCheck): string {
  const { blocks, covered, sound, seconds } = check
  const read = `read: ${showCounted(blocks, 'block')}, in ${showDuration(seconds)}`
  const checked = {
    'every byte': 'the checksums cover every byte',
    'first bytes': 'the checksums cover only the first byte of each block',
    nothing: 'the image has no checksums: only its structure is checked',
  }[covered]
  return `${read}; ${checked}${sound ? '; no damage found' : ''}`
}

const lost = ({ blocksDamaged, bytesDamaged, damages }: PartitionCheck): string =>
  blocksDamaged === 0
    ? showCounted(damages, 'fault')
    : `${showCounted(blocksDamaged, 'block')} (${showSize(bytesDamaged)})`
