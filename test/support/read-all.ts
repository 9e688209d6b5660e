/**
 * Every command that reads, of one place; as a program of its own for another user: `node read-all.ts PLACE
 * OUT PASSPHRASE`.
 */

import { diff } from '../../src/commands/catalog/diff.ts'
import { discs } from '../../src/commands/catalog/discs.ts'
import { find } from '../../src/commands/catalog/find.ts'
import { list } from '../../src/commands/catalog/list.ts'
import { log } from '../../src/commands/catalog/log.ts'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import { verify } from '../../src/commands/verify/verify.ts'

export interface ReadAll {
  readonly listed: number
  readonly found: number
  readonly logged: number
  readonly changes: number
  readonly discs: number
  readonly restored: number
  readonly failed: number
  readonly sound: boolean
  readonly warnings: number
}

/** `out`: a folder that is not there, to restore to. Throws what the commands throw. */
export async function readAll(place: string, out: string, passphrase: string): Promise<ReadAll> {
  const catalog = await openCatalog([place], { passphrase })
  const { db } = catalog
  const told = {
    listed: [...list(db).entries].length,
    found: [...find(db, '*')].length,
    logged: log(db).length,
    changes: [...diff(db).changes].length,
    discs: discs(db, catalog.discs).filter(({ folder }) => folder !== undefined).length,
  }
  catalog.close()
  const restored = await restore({ from: [place], destination: out, passphrase, jobs: 1 })
  const checked = await verify({ from: [place], passphrase })
  return {
    ...told,
    restored: restored.files,
    failed: restored.failed,
    sound: checked.damaged + checked.missing + checked.misplaced === 0,
    warnings: restored.warnings + checked.warnings,
  }
}

const [, program, place, out, passphrase] = process.argv
if (program === import.meta.filename) {
  console.log(JSON.stringify(await readAll(place as string, out as string, passphrase as string)))
}
