import fs from 'node:fs'
import type { PartitionInfo } from '../commands/partition/partition-options.ts'
import { exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { word } from './arguments.ts'
import type { Command, Positional } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { showClonezilla } from './clonezilla-text.ts'
import { showCount, showCounted, showShare } from './show.ts'

export const imagePositional: Positional = {
  name: 'image',
  describe: 'the partition image, or the first of its parts (.aa, .000); - reads stdin',
  count: 'one',
}

export const partitionInfoCommand: Command = {
  name: 'partition info',
  positionals: [{ ...imagePositional, describe: `${imagePositional.describe}; or a folder of Clonezilla` }],
  options: ['json', 'quiet', 'no-progress'],
  examples: [
    ['butcher partition info sda1.ext4-ptcl-img.gz.aa', 'the header of an image of Clonezilla'],
    ['butcher partition info /backup/2026-11-27-img', 'the disks and partitions in a folder of Clonezilla'],
    ['ssh nas cat sda2.img | butcher partition info -', 'an image that comes from a pipe'],
  ],
  notes: [
    'An image is one of partclone, partimage or ntfsclone: plain, or compressed with gzip, zstd, xz, lz4 or bzip2. Its first bytes tell the format, not its name.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const { partitionInfo } = await import('../commands/partition/info.ts')
    const image = word(args, 'image')
    if (fs.statSync(image, { throwIfNoEntry: false })?.isDirectory()) return showClonezilla(image, call)
    const info = await partitionInfo({ image, report: reporter.report, signal })
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary(info.facts)))
    else {
      if (!reporter.quiet) for (const line of infoLines(info)) output.line(showPath(line))
      for (const warning of info.facts.warnings) reporter.tell(`warning: ${showPath(warning)}`)
    }
    return exitStatus.done
  },
}

function infoLines({ facts, details }: PartitionInfo): string[] {
  const { blocks, blocksUsed, blockBytes, imageBytes, checksumBlocks } = facts
  const rows: (readonly [string, string])[] = [
    ['format', `${facts.format} ${facts.version}`],
    ...(facts.tool === null ? [] : [['made by', `${facts.format} ${facts.tool}`] as const]),
    ['file system', facts.fileSystem],
    ['partition', sizeText(facts.deviceBytes)],
    ['blocks', `${showCount(blocks)} of ${showCounted(blockBytes, 'byte')}`],
    [
      'used blocks',
      `${showCount(blocksUsed)} (${showShare(blocksUsed, blocks)}): ${sizeText(blocksUsed * blockBytes)}`,
    ],
    ['checksums', facts.checksum === 'none' ? 'none' : checksumText(facts.checksum, checksumBlocks)],
    ...details.map(({ name, value }) => [name, value] as const),
    ...(imageBytes === null ? [] : [['image', sizeText(imageBytes)] as const]),
    ['compressed', facts.compressed ?? 'no'],
    ['files', showCount(facts.volumes)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${`${name}:`.padEnd(width + 1)}  ${value}`)
}

const checksumText = (kind: string, blocks: number): string =>
  `${kind}, one for ${showCounted(blocks, 'block')}`

/** `8,388,608 bytes (8.39 MB)` */
const sizeText = (bytes: number): string => `${showCounted(bytes, 'byte')} (${showSize(bytes)})`
