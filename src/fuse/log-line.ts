import fs from 'node:fs'

/**
 * Writes a line with its time to the log, which is stderr. At once: the thread that talks to the kernel never
 * gets back to its event loop.
 */
export function logLine(line: string): void {
  try {
    fs.writeSync(2, `${new Date().toISOString()} ${line}\n`)
  } catch {
    // A log that cannot be written is no reason to fail.
  }
}
