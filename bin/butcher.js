#!/usr/bin/env node
// Kept to what any node since version 10 can parse, as a module or as a script, so that an old one gets an
// answer instead of a syntax error.
var running = process.versions.node
var version = running.split('.').map(Number)
if (version[0] < 22 || (version[0] === 22 && version[1] < 15)) {
  refuse('install a newer one: https://nodejs.org')
} else {
  replaceProcess()
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

// `npm ci` brings a newer node into the folder of the repository.
function refuse(otherwise) {
  process.exitCode = 1
  return import('fs')
    .then(function (fs) {
      var file = fs.realpathSync(process.argv[1])
      var own = file.replace(/bin.butcher.js$/, 'node_modules/node/bin/node')
      return own !== file && fs.existsSync(own) ? 'run: ' + own + ' ' + file : otherwise
    })
    .catch(function () {
      return otherwise
    })
    .then(function (remedy) {
      process.stderr.write(
        'error: butcher needs Node.js 22.15 or newer, and this is ' + running + ' (' + remedy + ')\n',
      )
    })
}

// A backup and a restore run in a node whose heap keeps less that is new: of 200,000 small files a backup
// took 408 MB so, and 490 without. A restore gets all of that at once, and an old heap that is not looked
// through whenever some buffers have come and gone: of 54,000 files that took a seventh of its own time. The
// process is replaced, so its number, terminal and signals stay; it takes 35 ms, which the commands that only
// look something up are spared. An argument that is not UTF-8 would not survive it.
function replaceProcess() {
  var flags = ['--max-semi-space-size=4']
  var args = process.argv.slice(1)
  var command = args[1]
  if (command !== 'backup' && command !== 'restore') return
  if (process.platform === 'win32' || !process.execve || process.execArgv.length > 0) return
  if (args.join('').indexOf('\ufffd') >= 0) return
  if (command === 'restore') flags.push('--min-semi-space-size=4', '--initial-old-space-size=64')
  try {
    process.execve(process.execPath, [process.execPath].concat(flags, args), process.env)
  } catch (error) {
    void error // it goes on as it is
  }
}
