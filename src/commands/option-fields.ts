/** The fields of each verb's options, and what they may hold. The command line and the library are checked by the same tables. */

import { isSpeed } from '../burn/write-disc.ts'
import { compressionExtension } from '../format/layout.ts'
import { parseMedium } from '../format/medium.ts'
import type { BackupOptions } from './backup-options.ts'
import type { BurnOptions } from './burn-options.ts'
import {
  aPath,
  callback,
  choice,
  expression,
  type Fields,
  filledList,
  flag,
  type Kind,
  line,
  list,
  needed,
  object,
  optional,
  parsed,
  pattern,
  runFields,
  secretFields,
  signal,
  text,
  whole,
} from './check-fields.ts'
import type { FollowOptions } from './follow.ts'
import type { MakeImagesOptions } from './make-images.ts'
import type { MakeSpareOptions } from './make-spare.ts'
import type { NoteDiscsOptions } from './note-discs.ts'
import type { RebuildOptions } from './rebuild-options.ts'
import type { RecoverOptions } from './recover.ts'
import type { RepairOptions } from './repair-options.ts'
import type { RestoreOptions } from './restore-options.ts'
import type { VerifyOptions } from './verify-options.ts'

export const compressions: readonly string[] = ['auto', ...Object.keys(compressionExtension)]
export const hashes: readonly string[] = ['sha256', 'sha512']

/** Percent of a disc. */
const share: Kind = {
  expected: '0, or a number from 1 to 50',
  fits: (value) => value === 0 || (typeof value === 'number' && value >= 1 && value <= 50),
}
const hash = optional(choice(...hashes))
const jobs = optional(whole)
const named = parsed('the name of a medium or a size', parseMedium)
/** The catalog keeps it as it is written. */
const mediumField: Kind = { ...named, fits: (value) => line.fits(value) && named.fits(value) }

/** Which paths a verb takes. */
export const pathFields = {
  include: optional(list(pattern)),
  exclude: optional(list(pattern)),
  excludeFrom: optional(list(aPath)),
  filter: optional(expression),
}

/** What every verb takes that changes the set of a destination. */
const changeFields = {
  ...secretFields,
  destination: needed(aPath),
  index: optional(aPath),
  hash,
  jobs,
  ...runFields,
}

export const backupFields: Fields<BackupOptions> = {
  ...changeFields,
  ...pathFields,
  source: needed(aPath),
  name: optional(line),
  medium: optional(mediumField),
  chunkSizeBytes: optional(whole),
  maxDiscs: optional(whole),
  countStaged: optional(flag),
  redundancy: optional(share),
  compress: optional(choice(...compressions)),
  oneFileSystem: optional(flag),
  indexPage: optional(flag),
  resetOptions: optional(flag),
  full: optional(flag),
  replaceDiscs: optional(list(whole)),
  newDisc: optional(flag),
  dryRun: optional(flag),
  signalNow: optional(signal),
}

export const burnFields: Fields<BurnOptions> = {
  ...changeFields,
  discs: optional(list(whole)),
  device: optional(text),
  copies: optional(whole),
  speed: optional({
    expected: 'a speed like 4, 8x or 2000k',
    fits: (value) => typeof value === 'string' && isSpeed(value),
  }),
  spares: optional(flag),
  blank: optional(flag),
  removeStaged: optional(flag),
  requestBlank: optional(callback),
  requestReload: optional(callback),
  confirmErase: optional(callback),
  onCopy: optional(callback),
}

const {
  maxDiscs: _maxDiscs,
  countStaged: _countStaged,
  dryRun: _dryRun,
  ...followBackupFields
} = backupFields
const { discs: _discs, removeStaged: _removeStaged, ...followBurnFields } = burnFields

export const followFields: Fields<FollowOptions> = {
  backup: needed(object(followBackupFields)),
  burn: needed(object(followBurnFields)),
  onBackup: optional(callback),
}

export const makeImagesFields: Fields<MakeImagesOptions> = {
  ...changeFields,
  discs: optional(list(whole)),
  spares: optional(list(whole)),
  onImage: optional(callback),
}

export const makeSpareFields: Fields<MakeSpareOptions> = {
  ...changeFields,
  discs: needed(filledList(whole)),
  from: optional(list(aPath)),
  requestDisc: optional(callback),
}

export const noteDiscsFields: Fields<NoteDiscsOptions> = {
  ...changeFields,
  locate: optional(list(object({ discs: needed(list(whole)), place: needed(line) }))),
  lost: optional(list(whole)),
  found: optional(list(whole)),
  locateSpares: optional(list(object({ spares: needed(list(whole)), place: needed(line) }))),
  lostSpares: optional(list(whole)),
  copy: optional(whole),
}

export const rebuildFields: Fields<RebuildOptions> = {
  ...secretFields,
  ...runFields,
  from: needed(filledList(aPath)),
  catalog: needed(aPath),
  overwrite: optional(flag),
  jobs,
}

export const recoverFields: Fields<RecoverOptions> = {
  ...runFields,
  disc: needed(whole),
  from: needed(filledList(aPath)),
  out: needed(aPath),
  requestDisc: optional(callback),
}

export const repairFields: Fields<RepairOptions> = {
  ...runFields,
  disc: needed(aPath),
  out: needed(aPath),
  jobs,
}

export const restoreFields: Fields<RestoreOptions> = {
  ...secretFields,
  ...runFields,
  ...pathFields,
  from: needed(filledList(aPath)),
  destination: needed(aPath),
  index: optional(aPath),
  at: optional(text),
  overwrite: optional(flag),
  dryRun: optional(flag),
  salvage: optional(flag),
  jobs,
  requestDisc: optional(callback),
  devices: optional(list(aPath)),
}

export const verifyFields: Fields<VerifyOptions> = {
  ...secretFields,
  ...runFields,
  from: needed(filledList(aPath)),
  index: optional(aPath),
  mustOpen: optional(flag),
  save: optional(aPath),
  map: optional(aPath),
  record: optional(aPath),
  copy: optional(whole),
  onFile: optional(callback),
  onLoss: optional(callback),
}
