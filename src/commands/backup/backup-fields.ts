/** The fields of its options and their allowed values, for the command line and the library. */

import { storeField } from '../../remote/remote-options.ts'
import type { BackupOptions } from './backup-options.ts'
import {
  choice,
  type Fields,
  filledList,
  flag,
  line,
  list,
  needed,
  optional,
  pathOrPaths,
  signal,
  whole,
} from '../../options/check-fields.ts'
import {
  bytesOrNone,
  changeFields,
  compressions,
  mediumField,
  pathFields,
  share,
} from '../../options/shared-fields.ts'

export const backupFields: Fields<BackupOptions> = {
  ...changeFields,
  ...pathFields,
  source: needed(pathOrPaths),
  as: optional(filledList(line)),
  store: storeField,
  name: optional(line),
  medium: optional(mediumField),
  chunkSizeBytes: optional(whole),
  maxDiscs: optional(whole),
  countStaged: optional(flag),
  redundancy: optional(share),
  compress: optional(choice(...compressions)),
  oneFileSystem: optional(flag),
  indexPage: optional(flag),
  piecesFromBytes: optional(bytesOrNone),
  asPartition: optional(flag),
  resetOptions: optional(flag),
  full: optional(flag),
  replaceDiscs: optional(list(whole)),
  newDisc: optional(flag),
  dryRun: optional(flag),
  planJobs: optional(line),
  queue: optional(line),
  workerKey: optional(line),
  sourceMap: optional(list(line)),
  signalNow: optional(signal),
}
