/** The program's entry: answers `--version` at once, and loads the rest for all other calls. */

import fs from 'node:fs'

const words = process.argv.slice(2)

if (words[0] === '--version' || words[0] === '-V') {
  const file = new URL('../../package.json', import.meta.url)
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }
  const { endProcess } = await import('./end-process.ts')
  process.stdout.write(`${version}\n`, () => endProcess(0))
} else {
  const { run } = await import('./run.ts')
  await run(words)
}
