/** Shared by the commands that read a catalog and print rows. */

import type { CatalogChecks } from '../catalog/read-catalog.ts'
import type { OpenCatalog } from '../set/open-catalog.ts'
import { exitStatus, throwIfAborted } from '../errors.ts'
import { flag, text, word } from './arguments.ts'
import type { Call, Positional } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { storeUse } from './store-use.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'

export const fromPositional: Positional = {
  name: 'from',
  describe: 'a destination of backup, a disc, a folder of discs, or a catalog file',
  count: 'one',
}

/**
 * Opens the catalog of the call, and closes it again. `whole` is for a command that reads it many times: a
 * catalog that is checked while it is read has a bound on the reading.
 */
export async function withCatalog(
  call: Call,
  checks: CatalogChecks,
  use: (catalog: OpenCatalog) => Promise<number> | number,
): Promise<number> {
  const secrets = await secretsOf(call)
  const index = text(call.args, 'index')
  const { openSecrets } = await import('../crypto/private-key.ts')
  const { openCatalog } = await import('../set/open-catalog.ts')
  const { report } = call.reporter
  const catalog = await withSecrets(call, word(call.args, 'from'), secrets, async (given) =>
    openCatalog([word(call.args, 'from')], await openSecrets(given, report), {
      report,
      signal: call.signal,
      checks,
      ...storeUse(call.args),
      forgotten: flag(call.args, 'forgotten'),
      ...(index === undefined ? {} : { index }),
    }),
  )
  try {
    return await use(catalog)
  } finally {
    catalog.close()
  }
}

/** The form of rows: one object each with `--json`, else lines. */
export interface RowFormat<Row> {
  readonly json: (row: Row) => object
  readonly text: (row: Row) => string
}

/** Prints rows as they come, then with `--json` the summary. */
export async function printRows<Row>(
  { output, reporter, signal }: Call,
  rows: Iterable<Row>,
  format: RowFormat<Row>,
  summary: () => object,
): Promise<number> {
  for (const row of rows) {
    const line = reporter.json ? jsonText(format.json(row)) : format.text(row)
    if (output.line(line)) {
      await output.flush()
      throwIfAborted(signal)
    }
  }
  if (reporter.json) output.line(jsonText(jsonSummary(summary())))
  await output.flush()
  return exitStatus.done
}
