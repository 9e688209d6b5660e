/* The first program of the single file: answers `--version`, and starts all other programs from the file. */
'use strict'
const sea = require('node:sea')
const [, , first, second] = process.argv
const { version, caches } = JSON.parse(sea.getAsset('start.json', 'utf8'))

if (first === '--version' || first === '-V') {
  process.stdout.write(version + '\n')
} else {
  const isOther = first === '--own-program'
  if (isOther) process.argv.splice(2, 2)
  const name = isOther ? second : 'src/cli/main.ts'
  const { Script } = require('node:vm')
  const cachedData = caches && !isOther ? Buffer.from(sea.getRawAsset(name + '.cache')) : undefined
  const script = new Script('(function (require) { return ' + sea.getAsset(name, 'utf8') + '})', {
    filename: name,
    cachedData,
  })
  script.runInThisContext()(require)
}
