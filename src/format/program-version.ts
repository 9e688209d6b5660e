import { createRequire } from 'node:module'

/** The version in package.json, which stands two folders up from here in the sources and in the built program alike. */
export function programVersion(): string {
  return (createRequire(import.meta.url)('../../package.json') as { version: string }).version
}
