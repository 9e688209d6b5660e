import { ButcherError, stopped } from '../errors.ts'
import { startFilter, wasEnded } from './run-program.ts'

/** The output of `program` for `input`, as one buffer. Throws `program` if it fails. */
export function runFilter(program: string, args: readonly string[], input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = startFilter(program, args)
    const output: Buffer[] = []
    let complaint = ''
    child.stdout.on('data', (data: Buffer) => output.push(data))
    child.stderr.on('data', (data: Buffer) => (complaint = (complaint + data.toString()).slice(0, 1000)))
    child.on('error', (cause) => reject(new ButcherError('program', `cannot run ${program}`, { cause })))
    child.on('close', (status, signal) => {
      if (wasEnded(child)) reject(stopped())
      else if (status === 0) resolve(Buffer.concat(output))
      else
        reject(new ButcherError('program', `${program} ended with ${signal ?? status}: ${complaint.trim()}`))
    })
    child.stdin.end(input)
  })
}
