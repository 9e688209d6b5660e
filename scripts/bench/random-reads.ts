/** Reads 4 KiB at random places: `node random-reads.ts FILE COUNT`. The places are the same each time. */

import fs from 'node:fs'
import { seededNumbers } from './seeded.ts'

const [file = '', count] = process.argv.slice(2)
const fd = fs.openSync(file, 'r')
const blocks = Math.floor(fs.fstatSync(fd).size / 4096)
const buffer = Buffer.alloc(4096)
const next = seededNumbers('random reads')
for (let i = 0; i < Number(count); i++) {
  const place = Math.floor(next() * blocks) * 4096
  if (fs.readSync(fd, buffer, 0, 4096, place) !== 4096) throw new Error(`no 4 KiB at ${place}`)
}
