/**
 * npm run test:parity: discs of real sizes, scratched and mended; PARITY_BYTES, PARITY_REDUNDANCY by
 * environment.
 */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { backup } from '../src/commands/backup/backup.ts'
import { repair } from '../src/commands/repair/repair.ts'
import { damageImage } from '../test/support/damage-image.ts'
import { noise } from '../test/support/sample-trees.ts'

const capacity = Number(process.env['PARITY_BYTES'] ?? 100e6)
const redundancy = Number(process.env['PARITY_REDUNDANCY'] ?? 10)
const base = fs.mkdtempSync(path.join(process.env['PARITY_TMP'] ?? os.tmpdir(), 'parity-'))
process.on('exit', () => fs.rmSync(base, { recursive: true, force: true }))

const source = path.join(base, 'source')
fs.mkdirSync(source)
for (let at = 0, i = 0; at < capacity * 1.1; i++) {
  const size = Math.min(capacity / 9, 1_000_003 * (1 + (i % 13)))
  fs.writeFileSync(path.join(source, `photo-${i}`), noise(size, i + 1))
  at += size
}

let parityMs = 0
let began = 0
const destination = path.join(base, 'discs')
await backup({
  source,
  destination,
  medium: String(capacity),
  chunkSizeBytes: Math.ceil(capacity / 25),
  redundancy,
  maxDiscs: 1,
  passphrase: 'correct horse',
  report: (event) => {
    if (event.type === 'stage' && event.stage === 'parity') began = performance.now()
    if (event.type === 'progress' && event.stage === 'parity' && event.bytes === event.totalBytes)
      parityMs = performance.now() - began
  },
})
const disc = path.join(destination, 'disc-0001')
const image = path.join(base, 'disc.iso')
run('xorriso', [...'-as mkisofs -quiet -iso-level 3 -r -J -no-pad -o'.split(' '), image, disc])
const size = fs.statSync(image).size
const parity = path.join(disc, 'parity')
const volume = fs.readdirSync(parity).find((name) => name.startsWith('disc.vol')) as string
const parityBytes = fs
  .readdirSync(parity)
  .reduce((sum, name) => sum + fs.statSync(path.join(parity, name)).size, 0)
const blockBytes = blockSize(path.join(parity, 'disc.par2'))
console.log(
  `disc ${size} of ${capacity} bytes (${((size / capacity) * 100).toFixed(2)} %), parity ${parityBytes} (${((parityBytes / size) * 100).toFixed(2)} %), ` +
    `blocks of ${blockBytes}, ${volume}, made in ${(parityMs / 1000).toFixed(1)} s, ${((size - parityBytes) / parityMs / 1000).toFixed(1)} MB/s`,
)
if (size > capacity) throw new Error('the disc overflows')

const dead = Math.floor((size / blockBytes) * 0.04 * (redundancy / 10))
for (const scratchAt of [0, 0.3, 0.6, 0.87, 0.949]) {
  const damaged = path.join(base, 'damaged.iso')
  fs.copyFileSync(image, damaged)
  const gone = damageImage(damaged, { scratch: 0.05 * (redundancy / 10), scratchAt, deadSectors: dead })
  await mend(
    damaged,
    `${gone} of ${size / 2048} sectors gone: a scratch from ${scratchAt * 100} % on, and ${dead} single ones`,
  )
}

const copy = path.join(base, 'copy')
fs.cpSync(disc, copy, { recursive: true })
const chunk = fs.readdirSync(path.join(copy, 'chunks'))[1] as string
fs.rmSync(path.join(copy, 'chunks', chunk))
await mend(copy, `${chunk} gone altogether`)
console.log('all repaired to the last byte')

async function mend(from: string, what: string): Promise<void> {
  const out = path.join(base, 'out')
  const { seconds, repaired, identical, blocksMissing } = await repair({ disc: from, out })
  console.log(`${what}: ${repaired.length} files repaired in ${seconds.toFixed(1)} s`)
  if (!identical) throw new Error(`not repaired, ${blocksMissing ?? 'unknown'} blocks missing`)
  run('diff', ['-r', disc, out])
  fs.rmSync(out, { recursive: true })
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
}

/** Of a PAR2 file, from its main packet. */
function blockSize(file: string): number {
  const bytes = fs.readFileSync(file)
  return Number(bytes.readBigUInt64LE(bytes.indexOf('PAR 2.0\0Main\0\0\0\0', 0, 'latin1') + 16))
}
