import fs from 'node:fs'

/** `assets/` is beside `src/` and `dist/`, two folders above this file in both. */
const scriptUrl = new URL('../../assets/restore.sh', import.meta.url)

/** The text of `restore.sh`, the same on every disc. */
export function restoreScript(): string {
  return fs.readFileSync(scriptUrl, 'utf8')
}
