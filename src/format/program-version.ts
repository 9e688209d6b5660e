import { ownText } from '../own-files.ts'

/** The version in package.json. */
export const programVersion = (): string =>
  (JSON.parse(ownText('package.json')) as { version: string }).version
