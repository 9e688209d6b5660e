import type { Definitions } from '../jobs/definitions.ts'
import { definitionOf, definitionsOf, type KindName, nameOf } from '../jobs/edit-definitions.ts'
import { notThere } from './api-error.ts'

/** The definition of this name. An unknown one is 404 here, not the wrong usage of a command. */
export function existing<K extends KindName>(
  all: Definitions,
  kind: K,
  name: string,
): ReturnType<typeof definitionOf<K>> {
  if (!definitionsOf(all, kind).some((one) => nameOf(one) === name))
    throw notThere(`there is no ${kind} '${name}'`)
  return definitionOf(all, kind, name)
}
