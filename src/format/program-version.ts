import { createRequire } from 'node:module'

/** The version in package.json, which is two folders up, both in the sources and in the built program. */
export function programVersion(): string {
  return (createRequire(import.meta.url)('../../package.json') as { version: string }).version
}
