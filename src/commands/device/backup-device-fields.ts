/** The fields of its options and their allowed values, for the command line and the library. */

import { aPath, choice, type Fields, flag, needed, optional, runFields } from '../../options/check-fields.ts'
import { jobs } from '../../options/shared-fields.ts'
import type { BackupDeviceOptions } from './backup-device-options.ts'

export const backupDeviceFields: Fields<BackupDeviceOptions> = {
  ...runFields,
  device: needed(aPath),
  image: needed(aPath),
  hash: optional(choice('sha256', 'md5', 'none')),
  map: optional(aPath),
  skipUnused: optional(flag),
  jobs,
}
