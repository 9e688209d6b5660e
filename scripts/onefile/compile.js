/* Compiles a program for the single file, as scripts/onefile/start.js runs it: compile.js TEXT NAME CACHE */
import fs from 'node:fs'
import { Script } from 'node:vm'

const [text, name, cache] = process.argv.slice(2)
const script = new Script('(function (require) { return ' + fs.readFileSync(text, 'utf8') + '})', {
  filename: name,
})
fs.writeFileSync(cache, script.createCachedData())
