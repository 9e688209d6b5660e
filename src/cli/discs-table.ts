/** The inventory of discs as a table and as objects. */

import type { DueDisc, InventoryCopy, InventoryDisc, InventorySpare } from '../commands/catalog/discs.ts'
import type { DiscObject, DueObject, ReadObject, SpareObject, Typed } from './json-rows.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showMilliseconds } from '../format/time-text.ts'
import { showCounted, showLocalTime, showShare } from './show.ts'
import { textTable } from './text-table.ts'

const header = ['disc', 'copy', 'label', 'state', 'medium', 'fill', '', 'chunks', 'burned', 'by', 'read', 'location'] // prettier-ignore
const copyColumn = 1
const rightColumns = [0, 1, 5, 6, 7]
/**
 * A narrow terminal leaves these out, in this order: drive, chunks, medium, bytes, time of burning, share,
 * label.
 */
const optionalColumns = [9, 7, 4, 5, 8, 6, 2]

/** The header, and for each disc its lines: one, or one for each copy. */
export function inventoryLines(
  inventory: readonly InventoryDisc[],
  width?: number,
): {
  readonly header: string
  readonly ofDisc: ReadonlyMap<number, readonly string[]>
} {
  const rows = inventory.flatMap((disc) => rowsOf(disc).map((cells) => ({ disc: disc.disc, cells })))
  const hasCopies = inventory.some(({ copies }) => copies.length > 1)
  const columns = header.map((_, column) => column).filter((column) => hasCopies || column !== copyColumn)
  const shown = (cells: readonly string[]): readonly string[] =>
    columns.map((column) => cells[column] as string)
  const placesOf = (wanted: readonly number[]): number[] =>
    wanted.map((column) => columns.indexOf(column)).filter((place) => place >= 0)
  const form = { right: placesOf(rightColumns), optional: placesOf(optionalColumns), width }
  const [first, ...lines] = textTable([shown(header), ...rows.map(({ cells }) => shown(cells))], form)
  const ofDisc = new Map<number, string[]>()
  for (const [i, { disc }] of rows.entries())
    ofDisc.set(disc, [...(ofDisc.get(disc) ?? []), lines[i] as string])
  return { header: first as string, ofDisc }
}

function rowsOf(disc: InventoryDisc): string[][] {
  const cells = (copy: InventoryCopy | undefined): string[] => [
    String(disc.disc),
    copy === undefined ? '-' : String(copy.copy),
    showPath(disc.label),
    showPath(copy?.state ?? disc.state),
    showPath(disc.medium),
    disc.bytes === null ? '-' : showSize(disc.bytes),
    disc.bytes === null || disc.capacityBytes === null ? '' : showShare(disc.bytes, disc.capacityBytes),
    String(disc.chunks),
    timeText(copy === undefined ? disc.burned : copy.burned),
    showPath(copy?.burner ?? '-'),
    copy === undefined ? timeText(disc.verified) : readingText(copy.reading),
    // A burned copy is not in the staged folder.
    showPath((copy === undefined ? (disc.location ?? disc.folder) : copy.location) ?? '-'),
  ]
  return disc.copies.length === 0 ? [cells(undefined)] : disc.copies.map(cells)
}

const timeText = (time: number | null): string => (time === null ? '-' : showLocalTime(time))

function readingText(reading: InventoryCopy['reading']): string {
  if (reading === null) return 'never'
  const time = `${showLocalTime(reading.at)}${reading.at > Date.now() ? ' (in the future)' : ''}`
  return reading.result === 'sound'
    ? `${time} sound`
    : `${time} ${showCounted(reading.damagedFiles, 'file')} damaged`
}

const dueHeader = ['disc', 'copy', 'label', 'state', 'read', 'location']

export function dueLines(due: readonly DueDisc[], width?: number): string[] {
  const rows = due.map(({ disc, copy, label, state, reading, location }) => [
    String(disc),
    copy === null ? '-' : String(copy),
    showPath(label),
    showPath(state),
    readingText(reading),
    showPath(location ?? '-'),
  ])
  return textTable([dueHeader, ...rows], { right: [0, 1], optional: [2], width })
}

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : showMilliseconds(milliseconds)

export const discObject = (disc: InventoryDisc): Typed<DiscObject> => ({
  type: 'disc',
  disc: disc.disc,
  label: disc.label,
  state: disc.state,
  medium: disc.medium,
  bytes: disc.bytes,
  capacity: disc.capacityBytes,
  chunks: disc.chunks,
  burned: time(disc.burned),
  verified: time(disc.verified),
  location: disc.location,
  folder: disc.folder ?? null,
  copies: disc.copies.map(({ copy, state, burned, burner, location, reading }) => ({
    copy,
    state,
    burned: time(burned),
    burner,
    location,
    ...readObject(reading),
  })),
})

export const dueObject = ({ disc, copy, label, state, location, reading }: DueDisc): Typed<DueObject> => ({
  type: 'due',
  disc,
  copy,
  label,
  state,
  location,
  ...readObject(reading),
})

const readObject = (reading: InventoryCopy['reading']): ReadObject => ({
  read: time(reading?.at ?? null),
  result: reading?.result ?? null,
  damaged_files: reading?.damagedFiles ?? null,
})

export const spareLine = ({ spare, label, discs, bytes, location, folder }: InventorySpare): string =>
  showPath(
    `spare ${spare} of discs ${discs.join(', ')}: ${label}, ${showSize(bytes)}, ${location ?? folder ?? '-'}`,
  )

export const spareObject = ({
  spare,
  label,
  discs,
  bytes,
  created,
  location,
  folder,
}: InventorySpare): Typed<SpareObject> => ({
  type: 'spare',
  spare,
  label,
  discs,
  bytes,
  created: showMilliseconds(created),
  location,
  folder: folder ?? null,
})
