import fs from 'node:fs'
import path from 'node:path'
import { backup } from '../../src/commands/backup/backup.ts'
import { noise } from './sample-trees.ts'

/**
 * Two backups on two or more small discs below `folder`: what compresses, what does not, one file in parts.
 */
export async function makeFlipsSet(folder: string, passphrase: string | undefined) {
  const source = path.join(folder, 'source')
  const destination = path.join(folder, 'set')
  fs.mkdirSync(path.join(source, 'sub'), { recursive: true })
  for (let i = 0; i < 12; i++) {
    fs.writeFileSync(path.join(source, `noise-${i}`), noise(8000 + 500 * i, i + 1))
    fs.writeFileSync(path.join(source, 'sub', `text-${i}`), `line ${i}\n`.repeat(3000 + i))
  }
  fs.writeFileSync(path.join(source, 'parts'), noise(250_000, 77))
  const secrets = passphrase === undefined ? {} : { passphrase }
  const options = { source, destination, chunkSizeBytes: 80_000, medium: '400kB', jobs: 1, ...secrets }
  await backup(options)
  fs.writeFileSync(path.join(source, 'sub', 'later'), noise(30_000, 99))
  await backup(options)
  const discs = fs.readdirSync(destination).filter((name) => name.startsWith('disc-'))
  return { source, discs: discs.sort().map((name) => path.join(destination, name)) }
}
