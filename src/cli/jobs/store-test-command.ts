/** `store test`. */

import { ButcherError, exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import { readDefinitions } from '../../jobs/configuration.ts'
import { definitionOf } from '../../jobs/edit-definitions.ts'
import { testStore } from '../../jobs/test-store.ts'
import { word } from '../arguments.ts'
import type { Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'
import { exampleNames, nameOfKind } from './definition-commands.ts'

export const storeTest: Command = {
  name: 'store test',
  positionals: [nameOfKind('store')],
  options: ['json', 'quiet', 'no-progress'],
  examples: [
    [`butcher store test ${exampleNames.store}`, 'write a small file there, read it back, delete it'],
  ],
  run: async ({ args, output, reporter, signal }) => {
    const store = definitionOf(readDefinitions(), 'store', word(args, 'name'))
    let why = ''
    const { ok, free, total } = await testStore(
      store,
      (step) => {
        if (!step.ok) why ||= `cannot ${step.step}: ${step.message}`
        if (reporter.json) output.line(jsonText({ type: 'step', ...step }))
        else if (!reporter.quiet)
          output.line(
            showPath(`${step.ok ? 'ok' : 'failed'}  ${step.step}${step.ok ? '' : `: ${step.message}`}`),
          )
      },
      signal,
    )
    if (reporter.json) output.line(jsonText({ type: 'summary', ok, free, total }))
    else if (free !== null && !reporter.quiet)
      output.line(`${showSize(free)} free${total === null ? '' : ` of ${showSize(total)}`}`)
    if (ok) return exitStatus.done
    await output.flush()
    throw new ButcherError('destination', `the store '${store.name}' does not work: ${why}`)
  },
}
