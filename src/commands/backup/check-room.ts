/** Tells at the start of a backup if the destination has too little room, and the way out. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { freeBytesIn } from '../../files/free-bytes.ts'
import { counted } from '../../format/counted-text.ts'
import type { Medium } from '../../format/medium.ts'
import { showPath } from '../../format/path-text.ts'
import { shellWord } from '../../format/shell-word.ts'
import type { SourceTree } from '../../format/source-tree.ts'
import { showSize } from '../../format/size-text.ts'

export interface RoomNeeded {
  readonly source: SourceTree
  readonly destination: string
  readonly medium: Medium
  /** The room of a disc for chunks. */
  readonly emptyRoomBytes: number
  /** Bytes to store, and the further discs that they take; discs are 0 for a medium without limit. */
  readonly bytes: number
  readonly discs: number
  readonly maxDiscs: number
  /** Nothing is written: then too little room is never an error. */
  readonly dryRun: boolean
}

/** With less than this not even one chunk and its catalog fit. */
const leastBytes = 262_144

/** Warns if not everything fits. Throws `no-space` if nothing does. */
export function checkRoom(needed: RoomNeeded, report: Report, freeBytes = freeAt(needed.destination)): void {
  const { destination } = needed
  const bytes = neededBytes(needed)
  if (bytes === 0 || bytes <= freeBytes) return
  const free = `${showPath(destination)} has ${showSize(freeBytes)} free`
  if (!needed.dryRun && freeBytes < leastBytes) {
    throw new ButcherError(
      'no-space',
      `cannot write to ${showPath(destination)}: no space left on the device`,
      {
        path: destination,
        hint: `${free}: make room and run the same command again`,
      },
    )
  }
  const discs = Math.min(needed.discs, needed.maxDiscs)
  const inDiscs = discs === 0 ? '' : ` (${counted(discs, 'disc')} ${needed.medium.name})`
  report({
    type: 'warning',
    kind: 'other',
    message: `this backup needs about ${showSize(bytes)}${inDiscs}; ${free}: ${wayOut(needed, freeBytes)}`,
  })
}

/** With what each disc holds besides chunks, as far as the run goes. */
function neededBytes({ bytes, discs, maxDiscs, medium, emptyRoomBytes }: RoomNeeded): number {
  if (discs === 0) return bytes
  const besides = medium.capacityBytes - emptyRoomBytes
  return Math.min(bytes + discs * besides, maxDiscs * medium.capacityBytes)
}

function wayOut({ source, destination, medium, discs, maxDiscs }: RoomNeeded, freeBytes: number): string {
  if (discs === 0) return 'make room, or choose another destination'
  const fit = Math.floor(freeBytes / medium.capacityBytes)
  const follow =
    typeof source === 'string'
      ? `burn as you go: butcher burn ${shellWord(destination)} --follow ${shellWord(source)}`
      : 'burn as you go: the same call with --burn'
  if (fit === 0 && discs === 1) return 'make room, or choose another destination'
  if (maxDiscs === 1) return 'make room for one disc, or choose a smaller --medium'
  if (fit === 0) return `make room for one disc, or choose a smaller --medium; then ${follow}`
  return `stage ${counted(fit, 'disc')} at a time (--max-discs ${fit}), or ${follow}`
}

/** Free at the folder, or where it will be made. */
function freeAt(folder: string): number {
  let place = folder
  while (!fs.existsSync(place) && path.dirname(place) !== place) place = path.dirname(place)
  return freeBytesIn(place)
}
