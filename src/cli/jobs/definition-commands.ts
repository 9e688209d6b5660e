/** `list`, `show` and `remove`: the same for items, vaults, stores, schedules and jobs. */

import { exitStatus } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { changeDefinitions, readDefinitions } from '../../jobs/configuration.ts'
import type { Definitions } from '../../jobs/definitions.ts'
import {
  type Definition,
  definitionOf,
  definitionsOf,
  type KindName,
  removeDefinition,
} from '../../jobs/edit-definitions.ts'
import { burnText, isOptical, wantedDiscs } from '../../jobs/wanted-discs.ts'
import { flag, word } from '../arguments.ts'
import type { Arguments, Call, Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'
import { textTable } from '../text-table.ts'
import { type Column, columnsOf, factsOf } from './definition-texts.ts'

export const listDefinitions = (kind: KindName): Command => ({
  name: `${kind} list`,
  positionals: [],
  options: ['json', 'quiet', 'no-progress'],
  examples: [[`butcher ${kind} list`, `list all ${kind}s`]],
  run: async ({ output, reporter }) => {
    const all = readDefinitions()
    const found = definitionsOf(all, kind) as readonly Definition[]
    const discs = await discsToBurn(found, all)
    const columns = [...columnsOf(kind), ...burnColumn(discs)]
    if (reporter.json) for (const one of found) output.line(jsonText(shownObject(kind, one, discs)))
    else if (found.length === 0) output.line(`no ${kind} yet (butcher ${kind} add)`)
    else for (const line of table(columns, found, all, output.tableWidth)) output.line(line)
    await output.flush()
    return exitStatus.done
  },
})

/** Of each optical job the discs that are full and not burned. */
async function discsToBurn(
  found: readonly Definition[],
  all: Definitions,
): Promise<ReadonlyMap<Definition, readonly number[]>> {
  const discs = new Map<Definition, readonly number[]>()
  for (const one of found)
    if ('store_name' in one && isOptical(one, all)) discs.set(one, await wantedDiscs(one, all))
  return discs
}

/** Only if there is an optical job. */
const burnColumn = (discs: ReadonlyMap<Definition, readonly number[]>): readonly Column[] =>
  discs.size === 0 ? [] : [{ title: 'to burn', text: (one) => burnText(discs.get(one) ?? []) || '-' }]

function shownObject(
  kind: KindName,
  one: Definition,
  discs: ReadonlyMap<Definition, readonly number[]>,
): object {
  return {
    ...definitionObject(kind, one),
    ...(kind === 'job' ? { discs_to_burn: discs.get(one) ?? [] } : {}),
  }
}

function table(
  columns: readonly Column[],
  found: readonly Definition[],
  all: Definitions,
  width: number | undefined,
): string[] {
  const rows = found.map((one) => columns.map(({ text }) => showPath(text(one, all))))
  return textTable([columns.map(({ title }) => title), ...rows], { width })
}

export const showDefinition = (kind: KindName): Command => ({
  name: `${kind} show`,
  positionals: [nameOfKind(kind)],
  options: ['json', 'quiet', 'no-progress'],
  examples: [[`butcher ${kind} show ${exampleNames[kind]}`, `show everything about one ${kind}`]],
  run: async ({ args, output, reporter }) => {
    const all = readDefinitions()
    const one: Definition = definitionOf(all, kind, givenName(args, kind))
    const discs = await discsToBurn([one], all)
    const burning = burnColumn(discs).map(({ title, text }) => [title, text(one, all)] as const)
    const facts = [...factsOf(kind, one, all), ...burning]
    if (reporter.json) output.line(jsonText(shownObject(kind, one, discs)))
    else for (const line of textTable(facts.map((row) => row.map(showPath)))) output.line(line)
    return exitStatus.done
  },
})

export const removeDefinitionCommand = (kind: KindName): Command => ({
  name: `${kind} remove`,
  positionals: [nameOfKind(kind)],
  options: ['force', 'json', 'quiet', 'no-progress'],
  describes: { force: `remove it even if jobs need it: these jobs are disabled, with the reason` },
  examples: [
    [
      `butcher ${kind} remove ${exampleNames[kind]}`,
      `remove the ${kind}${kind === 'channel' ? '' : '; its backups stay'}`,
    ],
  ],
  run: async (call) => {
    const name = givenName(call.args, kind)
    const before = readDefinitions()
    const one: Definition = definitionOf(before, kind, name)
    const after = changeDefinitions((all) => removeDefinition(all, kind, name, flag(call.args, 'force')))
    if (call.reporter.json) call.output.line(jsonText(definitionObject(kind, one)))
    else if (!call.reporter.quiet) {
      call.output.line(showPath(`removed the ${kind} ${name}`))
      for (const job of newlyDisabled(before, after)) call.output.line(showPath(`disabled the job ${job}`))
    }
    return exitStatus.done
  },
})

const newlyDisabled = (before: Definitions, after: Definitions): readonly string[] =>
  after.jobs
    .filter((job) => !job.enabled && before.jobs.some(({ name, enabled }) => name === job.name && enabled))
    .map(({ name }) => name)

/** Says that a definition was added or changed. */
export function tellSaved(call: Call, kind: KindName, done: string, name: string): number {
  const one: Definition = definitionOf(readDefinitions(), kind, name)
  if (call.reporter.json) call.output.line(jsonText(definitionObject(kind, one)))
  else if (!call.reporter.quiet) call.output.line(showPath(`${done} the ${kind} ${name}`))
  return exitStatus.done
}

const definitionObject = (kind: KindName, one: Definition): object => ({ type: kind, ...one })

export const nameOfKind = (kind: KindName) =>
  kind === 'schedule'
    ? ({ name: 'id', describe: 'the id of the schedule', count: 'one' } as const)
    : ({ name: 'name', describe: `the name of the ${kind}`, count: 'one' } as const)

/** The word of the position that `nameOfKind` describes. */
const givenName = (args: Arguments, kind: KindName): string => word(args, nameOfKind(kind).name)

export const exampleNames: Readonly<Record<KindName, string>> = {
  item: 'photos',
  vault: 'home',
  store: 'usb-disk',
  schedule: 'nightly',
  job: 'photos-nightly',
  channel: 'mail',
}
