import { spawnSync } from 'node:child_process'
import { ButcherError } from '../errors.ts'
import { programEnvironment } from './environment.ts'

/**
 * The output of `program` for `input`, at most `mostBytes`. The thread waits for it. Throws `damaged` on an
 * exit status other than 0, `program` if it cannot be run.
 */
export function runFilterSync(
  program: string,
  args: readonly string[],
  input: Uint8Array,
  kind: string,
  mostBytes: number,
): Buffer {
  const run = spawnSync(program, args, { input, env: programEnvironment(), maxBuffer: mostBytes + 1024 })
  if (run.error !== undefined && (run.error as { code?: unknown }).code !== 'ENOBUFS') {
    throw new ButcherError('program', `cannot run ${program}`, { cause: run.error })
  }
  if (run.status !== 0) {
    const cause = new Error(run.stderr.toString().trim())
    throw new ButcherError('damaged', `the ${kind} data is damaged`, { cause })
  }
  return run.stdout
}
