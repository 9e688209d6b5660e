/** The fields of its options and their allowed values, for the command line and the library. */

import { backupFields } from '../backup/backup-fields.ts'
import { burnFields } from './burn-fields.ts'
import type { FollowOptions } from './follow-options.ts'
import { callback, type Fields, needed, object, optional } from '../../options/check-fields.ts'

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
