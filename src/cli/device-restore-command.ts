import type { RestoreDeviceSummary } from '../commands/device/restore-device-options.ts'
import { confirmation, isConfirmed } from '../device/confirm.ts'
import type { Device } from '../device/device.ts'
import { ButcherError, exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { parseSize, showSize } from '../format/size-text.ts'
import { defined, flag, list, text, word, words } from './arguments.ts'
import { askLine, canAsk } from './ask.ts'
import type { Call, Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { deviceChoice } from './options.ts'
import { showCount, showDuration } from './show.ts'

export const deviceRestoreCommand: Command = {
  name: 'device restore',
  positionals: [
    { name: 'image', describe: 'an image, plain or compressed; - reads stdin', count: 'one' },
    {
      name: 'device',
      describe: 'the whole disk to erase, e.g. /dev/sdb; several are written at once',
      count: 'many',
    },
  ],
  options: [...deviceChoice, 'bytes', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher device restore card.img.zst /dev/sdb', 'asks, writes, reads back and compares'],
    [
      'butcher device restore card.img /dev/sdb --erase 9C5F1A02',
      'without a terminal: the serial number of the disk',
    ],
    ['butcher device restore os.img.xz /dev/sdb /dev/sdc', 'two cards at once'],
  ],
  notes: [
    'EVERYTHING on the disk is lost. butcher asks for the last characters of its serial number, or of its model.',
    'butcher never writes to a disk of the running system, to a mounted disk, or to a read-only one. It checks IMAGE.sha256 before the first byte, and refuses an image that is larger than the disk.',
    'The first piece is written last: a disk that holds part of an image does not start.',
  ],
  run: async (call) => {
    const { args, reporter, signal } = call
    const { restoreDevice } = await import('../commands/device/restore-device.ts')
    const bytes = text(args, 'bytes')
    const summary = await restoreDevice({
      image: word(args, 'image'),
      devices: words(args, 'device'),
      erase: list(args, 'erase'),
      ...(word(args, 'image') === '-' ? {} : askErase(call)),
      ...defined({
        bytes: bytes === undefined ? undefined : parseSize(bytes),
      }),
      verify: !flag(args, 'no-verify'),
      internal: flag(args, 'internal'),
      moveGpt: flag(args, 'move-gpt'),
      report: reporter.report,
      signal,
    })
    return tellRestored(call, summary)
  },
}

/** A terminal is asked for each disk. */
export const askErase = (call: Call): { readonly confirm?: (device: Device) => Promise<boolean> } =>
  canAsk() ? { confirm: (device) => ask(call, device) } : {}

/** Throws `io` if a disk failed. */
export function tellRestored({ output, reporter }: Call, summary: RestoreDeviceSummary): number {
  reporter.pause()
  if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
  else for (const line of summaryLines(summary, reporter.quiet)) output.sentence(showPath(line))
  const failed = summary.devices.filter(({ error }) => error !== null)
  if (failed.length > 0) {
    throw new ButcherError('io', `${failed.length} of ${summary.devices.length} disks failed`)
  }
  return exitStatus.done
}

async function ask({ reporter, signal }: Call, device: Device): Promise<boolean> {
  reporter.pause()
  const question = confirmation(device)
  const { path, bytes, model, serial, bus, partitions, twins } = device
  const holds = partitions.map(
    ({ fileSystem, label }) => `${fileSystem ?? '?'}${label === null ? '' : ` "${label}"`}`,
  )
  const lines = [
    `Everything on ${path} will be lost:`,
    `  ${[model, serial === null ? null : `serial ${serial}`, bus].filter((fact) => fact !== null).join(', ')}`,
    `  ${showSize(bytes)} (${showCount(bytes)} bytes)${holds.length > 0 ? `, holds ${holds.join(', ')}` : ''}`,
    ...(twins.length === 0
      ? []
      : [`  ${twins.join(', ')} ${twins.length === 1 ? 'looks' : 'look'} the same`]),
    `To erase it, type ${question.asks}: `,
  ]
  const typed = await askLine(lines.map(showPath).join('\n'), signal)
  return typed !== undefined && isConfirmed(question, typed)
}

function summaryLines(summary: RestoreDeviceSummary, quiet: boolean): string[] {
  const failed = summary.devices.flatMap(({ error }) => (error === null ? [] : [`failed: ${error}`]))
  if (quiet) return failed
  const seconds = showDuration(summary.seconds)
  return [
    ...summary.devices
      .filter(({ error }) => error === null)
      .map(
        ({ device, verified }) =>
          `wrote ${showSize(summary.imageBytes)} to ${device}${verified ? ', read back and compared' : ''}, in ${seconds}`,
      ),
    ...(summary.rawSha256 === null ? [] : [`sha256 of the raw image: ${summary.rawSha256}`]),
    ...failed,
  ]
}
