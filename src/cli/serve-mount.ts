/** Shared by all commands that mount: background or foreground, and the messages. */

import process from 'node:process'
import { exitStatus } from '../errors.ts'
import { logLine } from '../fuse/log-line.ts'
import type { MountRequest } from '../fuse/mount.ts'
import { showPath } from '../format/path-text.ts'
import { shellWord } from '../format/shell-word.ts'
import { showSize } from '../format/size-text.ts'
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
  /** Memory of that process when the mount began. */
  readonly memoryBytes: number
  /** The log file. null with --foreground: stderr. */
  readonly log: string | null
}

/** Lines for a terminal, and fields for `--json`. */
export interface MountText {
  readonly lines: readonly string[]
  readonly fields: object
}

/**
 * Mounts, and reports it. `more` gives further lines for the user, and further fields of the JSON object;
 * `about` is as in `FuseTree`. In the foreground it returns when the file system is unmounted.
 */
export async function serveMount(
  call: Call,
  request: MountRequest,
  more: (mount: ServedMount, about: unknown) => Promise<MountText>,
): Promise<number> {
  const { args, signal, reporter } = call
  const whole = { ...request, allowOther: flag(args, 'allow-other'), report: reporter.report, signal }
  if (!flag(args, 'foreground')) {
    const { mountInBackground } = await import('./mount-in-background.ts')
    const log = text(args, 'log')
    const { about, ...mount } = await mountInBackground(whole, log)
    await tell(call, { source: request.source, ...mount }, about, more)
    return exitStatus.done
  }
  const { mountTree } = await import('../fuse/mount.ts')
  const { folder, about, done } = await mountTree(whole)
  // The working folder may be in the mount, or keep another one busy.
  process.chdir('/')
  const memoryBytes = process.memoryUsage.rss()
  const mount = { source: request.source, folder, pid: process.pid, memoryBytes, log: null }
  await tell(call, mount, about, more)
  await call.output.flushWhileRead()
  await done
  if (!reporter.quiet) logLine(`unmounted ${folder}`)
  return exitStatus.done
}

async function tell(
  { output, reporter }: Call,
  mount: ServedMount,
  about: unknown,
  more: Parameters<typeof serveMount>[2],
): Promise<void> {
  reporter.pause()
  const { lines, fields } = await more(mount, about)
  const { folder, log, memoryBytes } = mount
  if (reporter.json) output.line(jsonText(jsonSummary({ ...mount, ...fields, notes: reporter.notes })))
  if (reporter.json || reporter.quiet) return
  output.sentence(showPath(`mounted on ${folder}, with ${showSize(memoryBytes)} of memory`))
  for (const line of lines) output.sentence(line)
  output.sentence(
    log === null ? 'press Ctrl-C to unmount' : `unmount it with: butcher unmount ${shellWord(folder)}`,
  )
}
