/** The next step after damage, as a command. */

import path from 'node:path'
import type { Remedy } from '../catalog/remedies.ts'
import { discFolder } from '../format/layout.ts'
import { shellWord } from '../format/shell-word.ts'

/** The ways to repair each disc. Undefined if there is none. `from`: the places of the call. */
export function remedyHint(remedies: readonly Remedy[], from: readonly string[]): string | undefined {
  const texts = remedies.flatMap((remedy) => {
    const ways = waysOf(remedy, from)
    return ways.length === 0 ? [] : [`to mend disc ${remedy.disc}: ${ways.join('; or ')}`]
  })
  return texts.length === 0 ? undefined : texts.join('; ')
}

function waysOf({ disc, place, hasParity, spare, copies }: Remedy, from: readonly string[]): string[] {
  const out = discFolder(disc)
  return [
    ...copies
      .slice(0, 1)
      .map(({ copy, location }) => `use copy ${copy}${location === null ? '' : ` (at: ${location})`}`),
    ...(hasParity ? [`butcher repair ${shellWord(place)} ${out} (by its parity)`] : []),
    ...(spare
      ? [
          `butcher recover ${disc} ${groupPlaces(from, place).map(shellWord).join(' ')} ${out} (${spareText(spare)})`,
        ]
      : []),
  ]
}

/** The other discs of the group are beside the folder of a damaged one. */
const groupPlaces = (from: readonly string[], damaged: string): string[] => [
  ...new Set(
    from.map((place) => (path.resolve(place) === path.resolve(damaged) ? path.dirname(place) : place)),
  ),
]

const spareText = ({ spare, discs }: NonNullable<Remedy['spare']>): string =>
  `by spare ${spare} and ${discs.length === 1 ? 'disc' : 'discs'} ${discs.join(', ')}`
