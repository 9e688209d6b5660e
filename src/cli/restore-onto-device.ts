/** `butcher restore <from..> <device>`: a disk in a set comes back onto a disk. */

import fs from 'node:fs'
import path from 'node:path'
import type { RestoreOptions } from '../commands/restore/restore-options.ts'
import { ButcherError } from '../errors.ts'
import { makeTempDir } from '../files/temp-dir.ts'
import { showPath } from '../format/path-text.ts'
import { sniff, sniffedBytes } from '../image-bytes/sniff.ts'
import { flag, list } from './arguments.ts'
import type { Call } from './command.ts'
import { askErase, tellRestored } from './device-restore-command.ts'
import { deviceChoice } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { usageError } from './split-words.ts'

/** Whether the destination is a disk, and not a folder. */
export const isDevice = (file: string): boolean =>
  fs.statSync(file, { throwIfNoEntry: false })?.isBlockDevice() === true

/**
 * Restores the one file of the backup straight onto the disk if it is in pieces. Another file goes into the
 * folder for temporary files first. Both with the refusals, the question, and the comparison of `device
 * restore`.
 */
export async function restoreOntoDevice(call: Call, options: RestoreOptions): Promise<number> {
  const { args, reporter, signal } = call
  const other = (['overwrite', 'salvage', 'plan', 'dry-run'] as const).find((name) => flag(args, name))
  if (other !== undefined) throw usageError(`--${other} cannot be used with a disk as destination`)
  const device = options.destination
  const { chooseDevice } = await import('../device/choose-device.ts')
  const { thisMachine } = await import('../device/this-machine.ts')
  const chosen = await chooseDevice(thisMachine, device, 'write', flag(args, 'internal'))
  const secrets = await secretsOf(call)
  using scratch = makeTempDir('device')
  const folder = path.join(scratch.folder, 'restored')
  const started = Date.now()
  const { name, restored } = await withSecrets(call, options.from[0] as string, secrets, async (given) => {
    const reading = { ...options, ...given, report: reporter.report, signal }
    const file = await onlyFile(reading)
    if (file.size > chosen.bytes)
      throw new ButcherError(
        'destination',
        `${showPath(file.path)} has ${file.size} bytes, ${device} only ${chosen.bytes}`,
        {
          path: device,
          hint: 'use a disk that is at least as large',
        },
      )
    const { restoreOntoDisk } = await import('../commands/restore/restore-onto-disk.ts')
    const onto = await restoreOntoDisk(
      { ...reading, destination: folder },
      {
        device: chosen,
        erase: list(args, 'erase'),
        ...askErase(call),
        verify: !flag(args, 'no-verify'),
        moveGpt: flag(args, 'move-gpt'),
      },
    )
    return { name: file.path, restored: onto }
  })
  if (restored) {
    const devices = [{ device: chosen.path, error: null, verified: !flag(args, 'no-verify') }]
    const seconds = (Date.now() - started) / 1000
    return tellRestored(call, { image: name, ...restored, devices, seconds })
  }
  const image = path.join(folder, name)
  refusePacked(image, name)
  const { restoreDevice } = await import('../commands/device/restore-device.ts')
  const summary = await restoreDevice({
    image,
    devices: [device],
    erase: list(args, 'erase'),
    ...askErase(call),
    verify: !flag(args, 'no-verify'),
    internal: flag(args, 'internal'),
    moveGpt: flag(args, 'move-gpt'),
    report: reporter.report,
    signal,
  })
  return tellRestored(call, { ...summary, image: name })
}

/** Options of `device restore` need a disk as destination. */
export function refuseDeviceOptions({ args }: Call): void {
  const stray = deviceChoice.find((name) => args.options[name] !== undefined)
  if (stray !== undefined) throw usageError(`--${stray} needs a disk as destination`)
}

interface File {
  readonly path: string
  readonly size: number
}

async function onlyFile({
  from,
  index,
  at,
  include,
  exclude,
  excludeFrom,
  filter,
  ...options
}: RestoreOptions): Promise<File> {
  const { list: listEntries } = await import('../library/entries.ts')
  const files: File[] = []
  const { passphrase, recipients, privateKey, report, signal } = options
  const { backup } = await listEntries({
    from,
    ...given({
      index,
      at,
      include,
      exclude,
      excludeFrom,
      filter,
      passphrase,
      recipients,
      privateKey,
      report,
      signal,
    }),
    onEntry: ({ path: name, type, size }) => {
      if (type === 'file' && files.length < 2) files.push({ path: name, size: size ?? 0 })
    },
  })
  const [file, second] = files
  if (file === undefined || second !== undefined)
    throw new ButcherError(
      'usage',
      `backup ${backup.number} has ${file ? 'several files' : 'no such file'}: a disk takes one`,
      {
        hint: "choose it: --include '/sdb'",
      },
    )
  return file
}

const given = <T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }

/** `device restore` would unpack a file that begins as a compressed one does. */
function refusePacked(image: string, name: string): void {
  const head = Buffer.alloc(sniffedBytes)
  const fd = fs.openSync(image, 'r')
  try {
    if (sniff(head.subarray(0, fs.readSync(fd, head, 0, head.length, 0))) === null) return
  } finally {
    fs.closeSync(fd)
  }
  throw new ButcherError('usage', `${showPath(name)} begins as a compressed file does`, {
    hint: 'restore it into a folder, and write it to the disk with dd',
  })
}
