/** The program's entry: answers `--version` at once, and loads the rest for all other calls. */

import { programVersion } from '../format/program-version.ts'

const words = process.argv.slice(2)

if (words[0] === '--version' || words[0] === '-V') {
  const { endProcess } = await import('./end-process.ts')
  process.stdout.write(`${programVersion()}\n`, () => endProcess(0))
} else {
  const { run } = await import('./run.ts')
  await run(words)
}
