/** A folder of Clonezilla as `partition info` shows it. */

import { exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import type { ClonezillaDisk, ClonezillaFolder, ClonezillaPartition } from '../partition/clonezilla.ts'
import type { Call } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { showCounted } from './show.ts'
import { textTable } from './text-table.ts'

export async function showClonezilla(folder: string, { output, reporter, signal }: Call): Promise<number> {
  const { clonezillaInfo } = await import('../commands/partition/info.ts')
  const found = await clonezillaInfo({ folder, report: reporter.report, signal })
  reporter.pause()
  if (reporter.json) {
    for (const disk of found.disks) output.line(jsonText({ ...jsonSummary(disk), type: 'disk' }))
    for (const one of found.partitions) output.line(jsonText({ ...jsonSummary(one), type: 'partition' }))
    const { disks, partitions } = found
    const images = partitions.filter(({ image }) => image !== null).length
    output.line(jsonText(jsonSummary({ disks: disks.length, partitions: partitions.length, images })))
  } else if (!reporter.quiet) {
    for (const line of lines(found, output.tableWidth)) output.line(line)
  }
  for (const { partition, problem } of found.partitions) {
    if (problem !== null && !reporter.json) reporter.tell(`warning: ${showPath(`${partition}: ${problem}`)}`)
  }
  return exitStatus.done
}

function lines({ disks, partitions, others }: ClonezillaFolder, width: number | undefined): string[] {
  const files = [...disks.flatMap((disk) => disk.files), ...others]
  return [
    ...disks.map(diskLine),
    ...textTable(partitions.map(partitionRow), { width }),
    ...(files.length === 0 ? [] : ['', 'other files:']),
    ...textTable(
      files.map(({ file, is }) => [`  ${showPath(file)}`, is]),
      { width },
    ),
  ]
}

function diskLine({ disk, bytes, table, partitions }: ClonezillaDisk): string {
  const facts = [
    ...(bytes === null ? [] : [showSize(bytes)]),
    ...(table === null ? [] : [`${table} table`]),
    showCounted(partitions.length, 'partition'),
  ]
  return showPath(`disk ${disk}: ${facts.join(', ')}`)
}

function partitionRow(one: ClonezillaPartition): string[] {
  const { partition, bytes, fileSystem, kind, file, image } = one
  const size = image?.deviceBytes ?? bytes
  const used = image ? `${showSize(image.blocksUsed * image.blockBytes)} used` : ''
  const is =
    kind === null
      ? 'no image'
      : kind === 'swap'
        ? 'swap, only UUID and label'
        : image
          ? `${kind} ${image.version}`
          : kind
  return [
    partition,
    fileSystem ?? image?.fileSystem ?? '?',
    size === null ? '' : showSize(size),
    used,
    is,
    image?.compressed ?? '',
    file ?? '',
  ].map(showPath)
}
