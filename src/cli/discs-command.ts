import {
  discs,
  dueDiscs,
  type DueDisc,
  type InventoryDisc,
  type InventorySpare,
  spares,
} from '../commands/catalog/discs.ts'
import { parseDiscNumbers, parseDiscsAndSpares } from '../format/disc-numbers.ts'
import { timeBefore } from '../format/duration-text.ts'
import { ifLost } from '../commands/catalog/if-lost.ts'
import { printLoss } from './if-lost-text.ts'
import { flag, list, text, wholeNumber, word } from './arguments.ts'
import type { Call, Command } from './command.ts'
import { discObject, dueLines, dueObject, inventoryLines, spareLine, spareObject } from './discs-table.ts'
import { readingOptions } from './options.ts'
import { fromPositional, printRows, withCatalog } from './reading.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { storeUse } from './store-use.ts'
import { usageError } from './split-words.ts'

export const discsCommand: Command = {
  name: 'discs',
  positionals: [fromPositional],
  options: ['locate', 'lost', 'found', 'copy', 'due', 'if-lost', 'all', ...readingOptions],
  describes: { all: 'with --if-lost, name every file, not only the first ones' },
  examples: [
    ['butcher discs /srv/discs', 'the discs, with state, fill and location'],
    ['butcher discs --json /media/cdrom', 'the same from any disc of the set, as JSON'],
    ['butcher discs /srv/discs --locate 3 "shelf B"', 'record that disc 3 is on shelf B'],
    ['butcher discs /srv/discs --lost 3 --copy 2', 'record that the second copy is lost'],
    ['butcher discs /srv/discs --due 1y', 'the copies to verify again'],
    ['butcher discs /srv/discs --if-lost 3,4', 'the files that would be lost with these two discs'],
  ],
  notes: [
    'An open disc can take more chunks while its folder is in the destination. A sealed disc cannot.',
    '--locate, --lost and --found record in the catalog of the destination. Name several discs as 3,5 or 3-5, and a spare as spare-1.',
  ],
  run: (call) => {
    const notes = notesOf(call)
    const due = text(call.args, 'due')
    if (notes !== undefined) {
      if (due !== undefined || list(call.args, 'if-lost').length > 0)
        throw usageError('--due and --if-lost go without --locate, --lost and --found')
      return record(call, notes)
    }
    const lost = list(call.args, 'if-lost').flatMap(parseDiscNumbers)
    if (lost.length > 0 && (due !== undefined || text(call.args, 'copy') !== undefined))
      throw usageError('--if-lost goes without --due and --copy')
    if (lost.length > 0) {
      return withCatalog(call, 'whole', ({ db, places }) =>
        printLoss(call, ifLost(db, [...new Set(lost)], places)),
      )
    }
    if (text(call.args, 'copy') !== undefined)
      throw usageError('--copy goes with --locate, --lost or --found')
    const before = due === undefined ? undefined : timeBefore(due, Date.now())
    return withCatalog(call, 'as-read', ({ db, places }) =>
      before === undefined
        ? print(call, discs(db, places), spares(db, word(call.args, 'from')))
        : printDue(call, dueDiscs(db, before, places)),
    )
  },
}

type Notes = Pick<
  Parameters<typeof import('../commands/catalog/note-discs.ts').noteDiscs>[0],
  'locate' | 'lost' | 'found' | 'copy' | 'locateSpares' | 'lostSpares'
>

function notesOf({ args }: Call): Notes | undefined {
  const pairs = list(args, 'locate')
  const located = pairs.flatMap((disc, i) =>
    i % 2 === 0 ? [{ ...parseDiscsAndSpares([disc]), place: pairs[i + 1] as string }] : [],
  )
  const lost = parseDiscsAndSpares(list(args, 'lost'))
  const copy = wholeNumber(args, 'copy')
  const found = list(args, 'found').flatMap(parseDiscNumbers)
  const notes = {
    locate: located.map(({ discs: numbers, place }) => ({ discs: numbers, place })),
    locateSpares: located.map(({ spares: numbers, place }) => ({ spares: numbers, place })),
    lost: lost.discs,
    lostSpares: lost.spares,
    found,
  }
  if (located.length + lost.discs.length + lost.spares.length + found.length === 0) return undefined
  if (text(args, 'index') !== undefined)
    throw usageError('--index is only for reading: butcher records in the catalog of the destination')
  return copy === undefined ? notes : { ...notes, copy }
}

async function record(call: Call, notes: Notes): Promise<number> {
  const secrets = await secretsOf(call)
  const { noteInventory } = await import('../commands/catalog/note-discs.ts')
  const destination = word(call.args, 'from')
  const changed = await withSecrets(call, destination, secrets, (given) =>
    noteInventory({
      destination,
      ...storeUse(call.args),
      ...given,
      ...notes,
      report: call.reporter.report,
      signal: call.signal,
    }),
  )
  const isSilent = flag(call.args, 'quiet') || changed.discs.length + changed.spares.length === 0
  return isSilent && !call.reporter.json ? 0 : print(call, changed.discs, changed.spares)
}

function print(
  call: Call,
  inventory: readonly InventoryDisc[],
  made: readonly InventorySpare[] = [],
): Promise<number> {
  const { header, ofDisc } = inventoryLines(inventory, call.output.tableWidth)
  if (!call.reporter.json && (inventory.length > 0 || made.length === 0)) call.output.line(header)
  const format = {
    json: (row: InventoryDisc | InventorySpare) => ('spare' in row ? spareObject(row) : discObject(row)),
    text: (row: InventoryDisc | InventorySpare) =>
      'spare' in row ? spareLine(row) : (ofDisc.get(row.disc) ?? []).join('\n'),
  }
  return printRows(call, [...inventory, ...made], format, () => ({
    discs: inventory.length,
    ...(made.length > 0 ? { spares: made.length } : {}),
  }))
}

function printDue(call: Call, due: readonly DueDisc[]): Promise<number> {
  const [header, ...lines] = dueLines(due, call.output.tableWidth)
  if (!call.reporter.json && !call.reporter.quiet)
    call.output.line(due.length > 0 ? (header as string) : 'nothing is due')
  const format = { json: dueObject, text: (disc: DueDisc) => lines[due.indexOf(disc)] as string }
  return printRows(call, due, format, () => ({ due: due.length }))
}
