/**
 * Makes the program as one file: `npm run onefile`, with `-- --arm64` for Linux on arm64, with
 * `-- --windows` for Windows on x64. docs/onefile.md says what is in it.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { gatherFiles, programs } from './onefile/gather.ts'
import { root } from './onefile/bundle.ts'
import { nodeOf, type Target } from './onefile/node-of.ts'

const { values } = parseArgs({
  options: { arm64: { type: 'boolean' }, windows: { type: 'boolean' }, out: { type: 'string' } },
})
const target: Target = values.windows ? 'win-x64' : values.arm64 ? 'linux-arm64' : 'linux-x64'
const name = target === 'win-x64' ? 'butcher.exe' : `butcher-${target}`
const out = path.resolve(values.out ?? path.join(root, 'dist', name))
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-onefile-'))
try {
  const node = nodeOf(target, work)
  const isOwn = target === `${process.platform}-${process.arch}`
  const assets = await gatherFiles(target, work, isOwn ? node : undefined)
  const blob = path.join(work, 'blob')
  const config = {
    main: path.join(import.meta.dirname, 'onefile/start.js'),
    output: blob,
    disableExperimentalSEAWarning: true,
    useCodeCache: false,
    // As bin/butcher.js gives them to a backup.
    execArgv: ['--max-semi-space-size=4'],
    execArgvExtension: 'none',
    assets,
  }
  fs.writeFileSync(path.join(work, 'sea.json'), JSON.stringify(config))
  execFileSync(process.execPath, ['--experimental-sea-config', path.join(work, 'sea.json')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  fs.mkdirSync(path.dirname(out), { recursive: true })
  const made = path.join(work, 'made')
  fs.copyFileSync(node, made)
  fs.chmodSync(made, 0o755)
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
  const postject = path.join(root, 'node_modules/postject/dist/cli.js')
  execFileSync(process.execPath, [postject, made, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  fs.copyFileSync(made, out)
  const megabytes = (fs.statSync(out).size / 1e6).toFixed(1)
  console.log(`${path.relative(process.cwd(), out)}: ${megabytes} MB, ${programs().length} programs inside`)
} finally {
  fs.rmSync(work, { recursive: true, force: true })
}
