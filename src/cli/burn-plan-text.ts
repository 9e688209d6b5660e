import type { BurnPlan } from '../commands/burn/burn-options.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showCounted } from './show.ts'

/** The lines of `butcher burn --dry-run`. */
export function burnPlanLines({ discs, media }: BurnPlan): string[] {
  if (discs.length === 0) return ['nothing to burn: every disc here has its copies']
  return [
    ...discs.map(({ disc, label, bytes, copies, from, device }) =>
      showPath(
        `disc ${disc} (${label}): ${showSize(bytes)} from its ${from} to ${device}, ${showCounted(copies, 'copy', 'copies')}`,
      ),
    ),
    ...media.map(({ device, type, state, freeBytes }) =>
      showPath(
        state === 'none'
          ? `in ${device}: nothing`
          : `in ${device}: ${type}, ${state === 'blank' ? 'blank' : 'not blank'}, takes ${showSize(freeBytes)}`,
      ),
    ),
    'nothing was burned',
  ]
}
