import fs from 'node:fs'
import path from 'node:path'

/** The absolute path of a program on the PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    if (folder === '') continue
    for (const ending of endings) {
      const file = path.resolve(folder, `${name}${ending}`)
      try {
        fs.accessSync(file, fs.constants.X_OK)
        if (fs.statSync(file).isFile()) return file
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined
}

/** The endings of programs. Those of Windows that a shell must read are left out. */
const endings: readonly string[] = process.platform === 'win32' ? ['.exe', '.com'] : ['']
