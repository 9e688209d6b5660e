import fs from 'node:fs'

/** Beside `src/` and `dist/` alike, both two folders above this file. */
const scriptUrl = new URL('../../assets/restore.sh', import.meta.url)

/** The text of `restore.sh` on a disc: the same for every set. */
export function restoreScript(): string {
  return fs.readFileSync(scriptUrl, 'utf8')
}
