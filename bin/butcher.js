#!/usr/bin/env node
// Kept to what any node since version 10 can parse, as a module or as a script, so that an old one gets an answer
// instead of a syntax error.
var running = process.versions.node
var version = running.split('.').map(Number)
if (version[0] < 22 || (version[0] === 22 && version[1] < 15)) {
  process.stderr.write(
    'error: butcher needs Node.js 22.15 or newer, and this is ' +
      running +
      ' (install a newer one: https://nodejs.org)\n',
  )
  process.exitCode = 1
} else {
  import('../dist/cli/main.js').catch(function (error) {
    var missing = error && error.code === 'ERR_MODULE_NOT_FOUND' && /dist.cli.main\.js/.test(error.message)
    process.stderr.write(
      missing
        ? 'error: butcher is not built yet (run: npm run build)\n'
        : 'error: butcher cannot be loaded: ' + (error && error.message) + '\n',
    )
    process.exitCode = 1
  })
}
