/** Mounts sets for the tests by the real command, and unmounts them. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { expect } from 'vitest'
import { mountAt } from '../../../src/fuse/mount-point.ts'
import { cli } from '../../cli/cli.ts'

export interface TestMount {
  readonly folder: string
  readonly pid: number
  /** The lines of the log, without their times. */
  readonly log: () => string[]
  readonly unmount: () => Promise<void>
}

const mounted = new Set<string>()

/** Mounts on `folder`, which it makes. `args` come before the folder. */
export function mountSet(
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): TestMount {
  fs.mkdirSync(folder, { recursive: true })
  const logFile = `${folder}.log`
  const run = cli(['mount', ...args, folder, '--log', logFile, '--json'], env)
  expect(run).toMatchObject({ status: 0, stderr: '' })
  mounted.add(folder)
  const { pid } = JSON.parse(run.stdout) as { pid: number }
  const log = (): string[] =>
    fs
      .readFileSync(logFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+ /, ''))
  const unmount = async (): Promise<void> => {
    expect(cli(['unmount', folder])).toMatchObject({ status: 0, stderr: '' })
    mounted.delete(folder)
    while (fs.existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { folder, pid, log, unmount }
}

/** Call it after all tests: a mount that a failed test leaves would stay. */
export function unmountAll(): void {
  for (const folder of mounted) if (mountAt(folder)) execFileSync('umount', ['-l', folder])
}

/** The error code of reading a file. */
export function readError(file: string): string | undefined {
  try {
    fs.readFileSync(file)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
