/** The lines of `butcher restore --plan`: the discs to read, their order, and their places. */

import type { WantedDisc } from '../set/needed-disc.ts'
import type { PlannedDisc } from '../commands/restore/restore-options.ts'
import type { PlannedDiscObject, Typed } from './json-rows.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { textTable } from './text-table.ts'

export function planLines(plan: readonly PlannedDisc[], width?: number): string[] {
  const rows = plan.map((disc, i) => [
    String(i + 1),
    String(disc.disc),
    showPath(disc.label),
    String(disc.chunks),
    showSize(disc.bytes),
    showPath(disc.place ?? `not here${disc.location === null ? '' : `: ${disc.location}`}`),
  ])
  const table = textTable([['', 'disc', 'label', 'chunks', 'to read', 'where'], ...rows], {
    right: [0, 1, 3, 4],
    optional: [3, 4, 2],
    width,
  })
  return [
    ...table,
    ...plan
      .filter(({ place }) => place === null)
      .flatMap(spareLines)
      .map(showPath),
  ]
}

/** The ways to make a missing disc again: one with each spare of its group. */
const spareLines = ({ disc, spares }: WantedDisc): string[] =>
  spares.map(
    ({ spare, discs, location }) =>
      `disc ${disc} is missing: if it is lost, butcher recover recreates it from spare ${spare}` +
      `${location === null ? '' : ` (at: ${location})`} and disc${discs.length === 1 ? '' : 's'} ${discs.join(', ')}`,
  )

export const jsonDisc = ({
  disc,
  label,
  location,
  chunks,
  bytes,
  copies,
  spares,
}: WantedDisc): WantedDisc => ({
  disc,
  label,
  location,
  chunks,
  bytes,
  copies,
  spares,
})

export const jsonPlan = (plan: readonly PlannedDisc[]): Typed<PlannedDiscObject>[] =>
  plan.map((disc, i) => ({ type: 'disc', order: i + 1, ...jsonDisc(disc), place: disc.place }))
