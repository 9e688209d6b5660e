/** Counts the warnings of a run as they are reported. */

import { type Report, silent } from '../../events.ts'

export function counting(report: Report = silent): { readonly report: Report; readonly warnings: number } {
  let warnings = 0
  return {
    report: (event) => {
      if (event.type === 'warning') warnings++
      report(event)
    },
    get warnings() {
      return warnings
    },
  }
}
