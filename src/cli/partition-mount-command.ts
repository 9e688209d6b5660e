import fs from 'node:fs/promises'
import path from 'node:path'
import { type UseCommands, useCommands } from '../commands/partition/use-partition.ts'
import { shellWord } from '../format/shell-word.ts'
import type { PartitionFacts } from '../partition/partition-image.ts'
import { defined, flag, text, word } from './arguments.ts'
import type { Command } from './command.ts'
import { imagePositional } from './partition-info-command.ts'
import { mountOptions, type MountText, serveMount } from './serve-mount.ts'

export const partitionMountCommand: Command = {
  name: 'partition mount',
  positionals: [
    { ...imagePositional, describe: 'the partition image, or the first of its parts (.aa, .000)' },
    { name: 'folder', describe: 'an empty directory', count: 'one' },
  ],
  options: ['boot-sector-copy', 'fill', 'cache-dir', ...mountOptions, 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher partition mount sda1.img /mnt/image', 'the raw partition, as the file /mnt/image/sda1'],
    ['butcher unmount /mnt/image', 'end the mount'],
  ],
  notes: [
    'The folder has one file: the virtual partition, read-only. butcher prints the commands that check it and mount it: for ext4, mount -o ro,noload,loop /mnt/image/sda1 /mnt shows the files.',
    'An ordinary user needs fusermount3 (package fuse3). Root cannot read the mount of an ordinary user without --allow-other: mount it as root.',
  ],
  run: async (call) => {
    const { args, reporter, signal } = call
    const { planPartitionMount } = await import('../commands/partition/partition-mount.ts')
    const { request, name } = await planPartitionMount({
      image: word(args, 'image'),
      folder: word(args, 'folder'),
      ...defined({ fill: text(args, 'fill'), cacheDir: text(args, 'cache-dir') }),
      bootSectorCopy: flag(args, 'boot-sector-copy'),
      report: reporter.report,
      signal,
    })
    return serveMount(call, request, async ({ folder }, about): Promise<MountText> => {
      const facts = about as PartitionFacts
      for (const message of facts.warnings) reporter.report({ type: 'warning', kind: 'other', message })
      const file = path.join(folder, name)
      const commands = useCommands(facts.fileSystem, shellWord(file), await startOf(file))
      return {
        lines: linesFor(facts.fileSystem, shellWord(file), commands, flag(args, 'allow-other')),
        fields: {
          file,
          fileSystem: facts.fileSystem,
          deviceBytes: facts.deviceBytes,
          checkCommand: commands.check ?? null,
          mountCommand: commands.mount ?? null,
        },
      }
    })
  },
}

/** Of the mounted partition: the thread that serves it is another one. */
async function startOf(file: string): Promise<Buffer> {
  const start = Buffer.alloc(2048)
  const handle = await fs.open(file)
  try {
    const { bytesRead } = await handle.read(start)
    return start.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function linesFor(
  fileSystem: string,
  file: string,
  { check, mount }: UseCommands,
  isForAll: boolean,
): string[] {
  const isUser = process.geteuid?.() !== 0
  const needsRoot = mount?.startsWith('mount ') === true
  return [
    `partition: ${file}`,
    `file system: ${fileSystem}`,
    ...(check === undefined ? [] : [`check it with: ${check}`]),
    ...(mount === undefined ? [] : [`mount it with: ${needsRoot && isUser ? 'sudo ' : ''}${mount}`]),
    ...(isUser && needsRoot && !isForAll
      ? ['root cannot read this mount: for sudo, mount the image as root or with --allow-other']
      : []),
  ]
}
