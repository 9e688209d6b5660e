/** The verbs that return facts about a set: `log`, `discs`, `dueDiscs`, `ifLost`, `planBurn`. */

import { planBurn as planFor } from '../commands/burn/burn.ts'
import type { BurnOptions, BurnPlan } from '../commands/burn/burn-options.ts'
import { checkFields, type Fields, filledList, type Kind, needed, whole } from '../options/check-fields.ts'
import {
  discs as inventory,
  type DueDisc,
  dueDiscs as due,
  type InventoryDisc,
  type InventorySpare,
  spares,
} from '../commands/catalog/discs.ts'
import { ifLost as lossOf, type LossReport, type LostPath } from '../commands/catalog/if-lost.ts'
import { log as backupsOf, type LoggedBackup } from '../commands/catalog/log.ts'
import { burnFields } from '../commands/burn/burn-fields.ts'
import { readFields, reading, type ReadOptions } from './open-for-reading.ts'

/** The backups of a set, oldest first. */
export async function log(options: ReadOptions): Promise<readonly LoggedBackup[]> {
  checkFields('log', readFields, options)
  return reading(options, ({ db }) => backupsOf(db))
}

export interface Inventory {
  readonly discs: readonly InventoryDisc[]
  readonly spares: readonly InventorySpare[]
}

/** The discs and spares of a set: state, copies, location. */
export async function discs(options: ReadOptions): Promise<Inventory> {
  checkFields('discs', readFields, options)
  return reading(options, ({ db, places }) => ({
    discs: inventory(db, places),
    spares: spares(db, options.from[0] as string),
  }))
}

export interface DueOptions extends ReadOptions {
  readonly before: Date
}

const date: Kind = {
  expected: 'a valid Date',
  fits: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
}
const dueFields: Fields<DueOptions> = { ...readFields, before: needed(date) }

/** The copies without a complete, sound reading since `before`. */
export async function dueDiscs(options: DueOptions): Promise<readonly DueDisc[]> {
  checkFields('dueDiscs', dueFields, options)
  return reading(options, ({ db, places }) => due(db, options.before.getTime(), places))
}

export interface IfLostOptions extends ReadOptions {
  /** Discs that lost one copy. */
  readonly lost: readonly number[]
}

export interface Loss extends Omit<LossReport, 'files'> {
  readonly files: readonly LostPath[]
}

const ifLostFields: Fields<IfLostOptions> = { ...readFields, lost: needed(filledList(whole)) }

/** The files that the loss of discs would cost. */
export async function ifLost(options: IfLostOptions): Promise<Loss> {
  checkFields('ifLost', ifLostFields, options)
  return reading(options, ({ db, places }) => {
    const { files, ...report } = lossOf(db, [...new Set(options.lost)], places)
    return { ...report, files: [...files()] }
  })
}

/** The plan of `burn` with the same options. Writes nothing. */
export async function planBurn(options: BurnOptions): Promise<BurnPlan> {
  checkFields('planBurn', burnFields, options)
  const { destination, passphrase, privateKey, index, report, signal } = options
  const read = { passphrase, privateKey, index, report, signal }
  const given = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined))
  return reading({ from: [destination], ...given }, ({ db }) => planFor(db, options))
}
