/** Ends the process, without waiting for the threads that V8 runs beside it. */

import fs from 'node:fs'
import module from 'node:module'

const shell = '/bin/sh'

/**
 * Ends the process with this exit status, after the listeners of its `exit` event.
 *
 * `process.exit` joins V8's threads. One of them may wait for a garbage collection, which the joining main
 * thread never makes, and the process hangs (nodejs/node issue 54918). Replacing the process joins nothing:
 * the kernel ends all threads, and a shell returns the status.
 */
export function endProcess(status: number): never {
  process.exitCode = status
  try {
    process.emit('exit', status)
  } catch {
    // A folder for temporary files that cannot be removed does not change what the command did.
  }
  if (!process.execve || !isExecutable(shell)) process.exit(status)
  if (process.env['NODE_COMPILE_CACHE'] !== undefined) module.flushCompileCache()
  // The kernel shares this flag among all that hold the pipe, such as the next command of a script.
  for (const stream of [process.stdin, process.stdout, process.stderr]) makeBlocking(stream)
  return process.execve(shell, ['sh', '-c', `exit ${status}`], {})
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return true
  } catch {
    return false // Node.js aborts if it cannot start the file
  }
}

function makeBlocking(stream: object): void {
  const handle = Reflect.get(stream, '_handle') as { setBlocking?: (blocking: boolean) => number } | undefined
  handle?.setBlocking?.(true)
}
