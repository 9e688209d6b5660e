import type { RestoredPartition } from '../commands/partition/partition-options.ts'
import { exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { defined, flag, list, text, word } from './arguments.ts'
import type { Command } from './command.ts'
import { askErase } from './device-restore-command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { imagePositional } from './partition-info-command.ts'
import { showCounted, showDuration } from './show.ts'
import { usageError } from './split-words.ts'

export const partitionRestoreCommand: Command = {
  name: 'partition restore',
  positionals: [
    imagePositional,
    { name: 'out', describe: 'a new file, a disk or partition, or - for stdout', count: 'one' },
  ],
  options: [
    'fill',
    'boot-sector-copy',
    'ignore-checksums',
    'used-only',
    'no-sum',
    'overwrite',
    'erase',
    'no-verify',
    'internal',
    'json',
    'quiet',
    'no-progress',
  ],
  examples: [
    ['butcher partition restore sda1.ext4-ptcl-img.gz.aa sda1.raw', 'a sparse file with the whole partition'],
    ['butcher partition restore sda2.img /dev/sdb2 --used-only', 'a partition; only used blocks are written'],
    ['butcher partition restore sda1.img - | zstd -o sda1.raw.zst', 'to a pipe'],
  ],
  notes: [
    'Unused blocks are zeros. A file gets its name when it is complete.',
    'A disk or partition is erased, after a question for the last characters of the serial number. butcher refuses one that is too small, in use, or on the disk of the running system. It reads everything back and compares.',
    'The command stops at the first wrong checksum, and leaves no file. With --ignore-checksums it restores the rest, names each damaged range, and ends with status 3.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const out = word(args, 'out')
    if (out === '-' && reporter.json) throw usageError('--json and the partition cannot both go to stdout')
    const { restorePartition } = await import('../commands/partition/restore.ts')
    const restored = await restorePartition({
      image: word(args, 'image'),
      out,
      bootSectorCopy: flag(args, 'boot-sector-copy'),
      ignoreChecksums: flag(args, 'ignore-checksums'),
      usedOnly: flag(args, 'used-only'),
      noSum: flag(args, 'no-sum'),
      overwrite: flag(args, 'overwrite'),
      erase: list(args, 'erase'),
      ...(word(args, 'image') === '-' ? {} : askErase(call)),
      verify: !flag(args, 'no-verify'),
      internal: flag(args, 'internal'),
      ...defined({ fill: text(args, 'fill') }),
      report: reporter.report,
      signal,
    })
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary(restored)))
    else {
      for (const warning of restored.warnings) reporter.tell(`warning: ${showPath(warning)}`)
      const tell = out === '-' ? reporter.tell : (line: string): void => void output.sentence(line)
      if (!reporter.quiet) for (const line of summaryLines(restored)) tell(showPath(line))
    }
    return restored.damaged.length > 0 ? exitStatus.incomplete : exitStatus.done
  },
}

function summaryLines({
  out,
  bytes,
  bytesUsed,
  verified,
  sha256,
  damaged,
  seconds,
}: RestoredPartition): string[] {
  const where = out === '-' ? 'stdout' : out
  const total = damaged.reduce((sum, range) => sum + range.bytes, 0)
  return [
    `restored: ${where}, ${showCounted(bytes, 'byte')}, ${showSize(bytesUsed)} of them used${verified ? ', read back and compared' : ''}, in ${showDuration(seconds)}`,
    ...(sha256 === null ? [] : [`sha256: ${sha256}`]),
    ...(damaged.length === 0 ? [] : [`damaged: ${showSize(total)}, named above`]),
  ]
}
