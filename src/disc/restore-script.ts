import { ownText } from '../own-files.ts'

/** The text of `restore.sh`, the same on every disc. */
export const restoreScript = (): string => ownText('assets/restore.sh')
