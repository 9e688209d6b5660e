/** One row: its contestants in turn, several times, on the same warm data. */

import { globSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Contestant } from './contestants.ts'
import type { Corpus } from './corpus.ts'
import type { Figures, Measured } from './figures.ts'
import { measure, type Place, runScript } from './measure.ts'
import type { Row } from './rows.ts'

export interface Surroundings {
  /** Where contestants work; on the file system of the corpora. */
  readonly work: string
  readonly environment: NodeJS.ProcessEnv
  readonly tell: (line: string) => void
}

interface Seat {
  readonly contestant: Contestant
  readonly place: Place
  readonly folders: Readonly<Record<'dest' | 'state' | 'out' | 'temp', string>>
  readonly runs: Measured[]
}

export async function runRow(
  row: Row,
  corpus: Corpus | undefined,
  runs: number,
  surroundings: Surroundings,
): Promise<Figures[]> {
  const seats = row.contestants.map((contestant, index) => seatOf(contestant, index, corpus, surroundings))
  const { tell } = surroundings
  try {
    for (const { contestant, place } of seats) {
      if (contestant.setUp === undefined) continue
      tell(`${row.name}: ${contestant.name}: set up`)
      await runScript(contestant.setUp, place)
    }
    for (let run = 1; run <= runs; run++) {
      for (const seat of seats) {
        const measured = await runOnce(seat)
        seat.runs.push(measured)
        tell(`${row.name}: ${seat.contestant.name}: run ${run}: ${measured.wallSeconds.toFixed(2)} s`)
      }
    }
    for (const { contestant, place } of seats) {
      tell(`${row.name}: ${contestant.name}: check`)
      await runScript(contestant.check, place)
    }
  } finally {
    for (const { folders } of seats) for (const folder of Object.values(folders)) remove(folder)
  }
  return seats.map(({ contestant, runs: own }) => ({
    name: contestant.name,
    runs: own,
    units: contestant.units ?? 1,
  }))
}

/** Everything is in memory, and nothing of another run is still being written. */
const warm = `for folder in "$SRC" "$DEST"; do
  if [ -d "$folder" ]; then find "$folder" -type f -print0 | xargs -0 -r cat >/dev/null; fi
done
sync`

async function runOnce({ contestant, place, folders }: Seat): Promise<Measured> {
  empty(folders.out)
  if (contestant.setUp === undefined) {
    empty(folders.dest)
    empty(folders.state)
  }
  if (contestant.before !== undefined) await runScript(contestant.before, place)
  await runScript(warm, place)
  const measured = await measure(contestant.run, place)
  return { ...measured, storedBytes: sizeOf(folders.dest) }
}

function seatOf(
  contestant: Contestant,
  index: number,
  corpus: Corpus | undefined,
  { work, environment }: Surroundings,
): Seat {
  const own = path.join(work, `seat-${index}`)
  const folders = {
    dest: path.join(own, 'dest'),
    state: path.join(own, 'state'),
    out: path.join(own, 'out'),
    temp: path.join(own, 'tmp'),
  }
  for (const folder of Object.values(folders)) empty(folder)
  const variables = {
    SRC: corpus?.folder ?? '',
    FILE: corpus?.sample ?? '',
    DEST: folders.dest,
    STATE: folders.state,
    OUT: folders.out,
    TMPDIR: folders.temp,
    RESTIC_REPOSITORY: folders.dest,
    RESTIC_CACHE_DIR: path.join(folders.state, 'restic'),
    BORG_BASE_DIR: path.join(folders.state, 'borg'),
  }
  const place = { environment: { ...environment, ...variables }, folder: own }
  return { contestant, place, folders, runs: [] }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

function empty(folder: string): void {
  remove(folder)
  mkdirSync(folder, { recursive: true })
}

/** The bytes of all files below. */
function sizeOf(folder: string): number {
  let bytes = 0
  for (const name of globSync('**', { cwd: folder })) {
    const stat = lstatSync(path.join(folder, name))
    if (stat.isFile()) bytes += stat.size
  }
  return bytes
}
