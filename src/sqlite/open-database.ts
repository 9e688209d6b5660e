/** Opens databases: with better-sqlite3 if it can be loaded here, else with the SQLite of Node.js. */

import type Database from 'better-sqlite3'
import { ButcherError } from '../errors.ts'
import { requireOwn } from '../own-files.ts'
import { NodeDatabase, nodeSqlite, type OpenOptions } from './node-database.ts'

type Opener = (place: string | Buffer, options: OpenOptions) => Database.Database

let opener: Opener | undefined

/**
 * `place`: a file, `:memory:`, bytes of a database, or '' for a database that has no name and goes to the
 * disk if it grows.
 */
export function openDatabase(place: string | Buffer, options: OpenOptions = {}): Database.Database {
  opener ??= findOpener()
  return opener(place, options)
}

function findOpener(): Opener {
  let cause: unknown
  try {
    const Opened = requireOwn('better-sqlite3') as typeof Database
    new Opened(':memory:').close()
    return (place, options) => new Opened(place, options)
  } catch (error) {
    cause = error
  }
  const Opened = nodeSqlite()
  if (Opened !== undefined)
    return (place, options) => new NodeDatabase(place, options, Opened) as unknown as Database.Database
  throw new ButcherError('program', 'butcher cannot use SQLite here: better-sqlite3 does not load', {
    hint: 'use Node.js 24: it has a SQLite of its own',
    cause,
  })
}
