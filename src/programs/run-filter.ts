import { spawn } from 'node:child_process'
import { ButcherError } from '../errors.ts'
import { programEnvironment } from './environment.ts'

/** What `program` writes when it is given `input`, as one buffer. Throws `program` where it fails. */
export function runFilter(program: string, args: readonly string[], input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: programEnvironment() })
    const output: Buffer[] = []
    let complaint = ''
    child.stdout.on('data', (data: Buffer) => output.push(data))
    child.stderr.on('data', (data: Buffer) => (complaint = (complaint + data.toString()).slice(0, 1000)))
    child.on('error', (cause) => reject(new ButcherError('program', `cannot run ${program}`, { cause })))
    child.on('close', (status, signal) => {
      if (status === 0) resolve(Buffer.concat(output))
      else
        reject(new ButcherError('program', `${program} ended with ${signal ?? status}: ${complaint.trim()}`))
    })
    child.stdin.on('error', () => {}) // told by the exit status
    child.stdin.end(input)
  })
}
