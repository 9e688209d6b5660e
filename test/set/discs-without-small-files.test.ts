/**
 * Every small file of every disc is gone. The chunks are left, in folders or in images: that is enough for
 * every command.
 */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rebuild } from '../../src/commands/rebuild/rebuild.ts'
import { verify } from '../../src/commands/verify/verify.ts'
import { cli, cliJson, lastLine } from '../cli/cli.ts'
import { noise } from '../support/sample-trees.ts'
import { describeTree, program } from '../support/tree.ts'
import { discFolders, passphrase, restored, runBackup, scratchFolder } from '../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

describe.each([{ secret: undefined }, { secret: passphrase }])('passphrase $secret', ({ secret }) => {
  const secrets = secret === undefined ? {} : { passphrase: secret }
  const secretArgs = secret === undefined ? [] : ['--passphrase', secret]
  let folder: string
  let destination: string
  let images: string
  let index: string
  let discs: string[]
  let source: string

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(scratch.folder, 'bare-'))
    source = path.join(folder, 'source')
    destination = path.join(folder, 'dest')
    images = path.join(folder, 'images')
    index = path.join(folder, 'rebuilt.sqlite')
    fs.mkdirSync(path.join(source, 'sub'), { recursive: true })
    for (let i = 0; i < 8; i++) fs.writeFileSync(path.join(source, `f${i}`), noise(200_000, i))
    fs.writeFileSync(path.join(source, 'sub', 'text'), 'text')
    await runBackup({ source, destination, medium: '1MB', chunkSizeBytes: 300_000, ...secrets })
    discs = discFolders(destination)
    expect(discs.length).toBeGreaterThan(1)
    for (const name of fs.readdirSync(destination)) {
      if (!name.startsWith('disc-')) fs.rmSync(path.join(destination, name), { recursive: true })
    }
    fs.mkdirSync(images)
    for (const disc of discs) {
      for (const name of fs.readdirSync(disc)) {
        if (name !== 'chunks') fs.rmSync(path.join(disc, name), { recursive: true })
      }
      const image = path.join(images, `from-${path.basename(disc)}.iso`)
      program('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-J', '-V', 'X', '-o', image, disc])
    }
    await rebuild({ from: [images], catalog: index, ...secrets })
  })

  test('restore finds the discs in folders and in images', async () => {
    const isoFiles = fs.readdirSync(images).map((name) => path.join(images, name))
    const chunkFolders = discs.map((disc) => path.join(disc, 'chunks'))
    for (const from of [[destination], discs, chunkFolders, [images], isoFiles, [images, destination]]) {
      const into = path.join(folder, 'out')
      expect(await restored({ from, index, into, ...secrets })).toEqual(describeTree(source))
    }
  })

  test('one place without any disc does not hide the others', async () => {
    const empty = fs.mkdtempSync(path.join(folder, 'empty-'))
    const into = path.join(folder, 'out')
    const from = [empty, path.join(folder, 'no such place'), destination]
    expect(await restored({ from, index, into, ...secrets })).toEqual(describeTree(source))
  })

  test('verify compares the chunks with the catalog, and names what is missing', async () => {
    for (const place of [destination, images]) {
      const summary = await verify({ from: [place], index, ...secrets })
      expect(summary).toMatchObject({
        byCatalog: true,
        discs: discs.map((_disc, i) => i + 1),
        damaged: 0,
        lostChunks: [],
        notHere: [],
      })
    }
  })

  test('list, find, log and discs read the catalog that is given', () => {
    for (const place of [destination, images]) {
      const more = ['--index', index]
      expect(cli(['list', place, ...more]).stdout).toContain('sub/text')
      expect(cli(['find', place, 'text', ...more]).stdout).toContain('sub/text')
      expect(cli(['log', place, ...more]).status).toBe(0)
      const rows = cliJson(['discs', place, ...more]).filter((row) => typeof row['disc'] === 'number')
      expect(rows.map((row) => [row['disc'], row['folder'] !== null])).toEqual(
        discs.map((_disc, i) => [i + 1, true]),
      )
    }
  })

  test('without --index it says what to do', () => {
    for (const command of [
      ['list', destination],
      ['restore', destination, path.join(folder, 'nothing')],
    ]) {
      const { status, stderr } = cli([...command, ...secretArgs])
      expect(status).not.toBe(0)
      expect(lastLine(stderr)).toMatch(/no catalog in .*: there are discs without one \(butcher rebuild/)
    }
  })
})
