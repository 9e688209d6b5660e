import { discs, type InventoryDisc } from '../commands/discs.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showMilliseconds } from '../format/time-text.ts'
import type { Command } from './command.ts'
import { readingOptions } from './options.ts'
import { fromPositional, printRows, withCatalog } from './reading.ts'
import { showLocalTime, showShare } from './show.ts'
import { textTable } from './text-table.ts'

export const discsCommand: Command = {
  name: 'discs',
  positionals: [fromPositional],
  options: [...readingOptions],
  examples: [
    ['butcher discs /srv/discs', 'what is on which disc, and where it is'],
    ['butcher discs --json /media/cdrom', 'the same from any disc of the set, for a program'],
  ],
  notes: 'An open disc takes more while its folder is in the destination; a sealed one is full.',
  run: (call) =>
    withCatalog(call, ({ db, discs: folders }) => {
      const inventory = discs(db, folders)
      const lines = inventoryTable(inventory)
      if (!call.reporter.json) call.output.line(lines[0] as string)
      const format = {
        json: discObject,
        text: (disc: InventoryDisc) => lines[inventory.indexOf(disc) + 1] as string,
      }
      return printRows(call, inventory, format, () => ({ discs: inventory.length }))
    }),
}

const header = ['disc', 'label', 'state', 'medium', 'fill', '', 'chunks', 'burned', 'verified', 'location']

function inventoryTable(inventory: readonly InventoryDisc[]): string[] {
  const rows = inventory.map((disc) => [
    String(disc.disc),
    showPath(disc.label),
    showPath(disc.state),
    showPath(disc.medium),
    disc.bytes === null ? '-' : showSize(disc.bytes),
    disc.bytes === null || disc.capacityBytes === null ? '' : showShare(disc.bytes, disc.capacityBytes),
    String(disc.chunks),
    disc.burned === null ? '-' : showLocalTime(disc.burned),
    disc.verified === null ? '-' : showLocalTime(disc.verified),
    showPath(disc.location ?? (disc.folder === undefined ? '-' : disc.folder)),
  ])
  return textTable([header, ...rows], [0, 4, 5, 6])
}

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : showMilliseconds(milliseconds)

const discObject = (disc: InventoryDisc): object => ({
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
})
