/** The part that all commands that mount have in common: in the background or not, the words of it. */

import process from 'node:process'
import { exitStatus } from '../errors.ts'
import { logLine } from '../fuse/log-line.ts'
import type { MountRequest } from '../fuse/mount.ts'
import { shellWord } from '../format/shell-word.ts'
import { flag, text } from './arguments.ts'
import type { Call } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import type { OptionName } from './options.ts'

export const mountOptions = ['foreground', 'allow-other', 'log'] as const satisfies readonly OptionName[]

/** A mount that serves now. */
export interface ServedMount {
  /** The real path of the folder. */
  readonly folder: string
  /** The thing that is mounted. */
  readonly source: string
  /** The process that serves it. */
  readonly pid: number
  /** The log file. null with --foreground: stderr. */
  readonly log: string | null
}

/**
 * Mounts, and tells it. `more` gives further lines for the user, and further fields of the JSON object. In the
 * foreground it returns when the file system is unmounted.
 */
export async function serveMount(
  call: Call,
  request: MountRequest,
  more: (mount: ServedMount) => { readonly lines: readonly string[]; readonly fields: object },
): Promise<number> {
  const { args, signal } = call
  const whole = { ...request, allowOther: flag(args, 'allow-other'), signal }
  if (!flag(args, 'foreground')) {
    const { mountInBackground } = await import('./mount-in-background.ts')
    const log = text(args, 'log')
    tell(call, { source: request.source, ...(await mountInBackground(whole, log)) }, more)
    return exitStatus.done
  }
  const { mountTree } = await import('../fuse/mount.ts')
  const { folder, done } = await mountTree(whole)
  // The working folder may be in the mount, or keep another one busy.
  process.chdir('/')
  tell(call, { source: request.source, folder, pid: process.pid, log: null }, more)
  await call.output.flushWhileRead()
  await done
  if (!call.reporter.quiet) logLine(`unmounted ${folder}`)
  return exitStatus.done
}

function tell({ output, reporter }: Call, mount: ServedMount, more: Parameters<typeof serveMount>[2]): void {
  reporter.pause()
  const { lines, fields } = more(mount)
  if (reporter.json)
    return void output.line(jsonText(jsonSummary({ ...mount, ...fields, notes: reporter.notes })))
  if (reporter.quiet) return
  const { folder, log } = mount
  output.line(`mounted on ${folder}`)
  for (const line of lines) output.line(line)
  output.line(
    log === null ? 'press Ctrl-C to unmount' : `unmount it with: butcher unmount ${shellWord(folder)}`,
  )
}
