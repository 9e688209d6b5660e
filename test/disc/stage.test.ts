import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { sha256OfFile, stageDisc } from '../../src/disc/stage.ts'
import { program } from '../support/tree.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'stage-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

let folder: string
let newFolder: string
let catalog: { file: string; sha256: string }
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

beforeEach(() => {
  const base = fs.mkdtempSync(path.join(root, 'disc-'))
  folder = path.join(base, 'disc-0001')
  newFolder = path.join(base, 'new')
  fs.mkdirSync(path.join(folder, 'chunks'), { recursive: true })
  fs.mkdirSync(newFolder)
  fs.writeFileSync(path.join(folder, 'chunks/00000001.tar'), 'chunk')
  catalog = { file: path.join(base, 'catalog'), sha256: sha256('catalog') }
  fs.writeFileSync(catalog.file, 'catalog')
})

const stage = (more: object = {}): Promise<void> =>
  stageDisc({
    folder,
    newFolder,
    catalog,
    page: undefined,
    encrypted: false,
    readme: 'read me ü\n',
    script: '#!/bin/bash\n',
    parity: undefined,
    chunks: [{ name: '00000001.tar', sha256: sha256('chunk') }],
    ...more,
  })

const check = (): string => program('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: folder }).toString()

test('a disc gets everything but its chunks, and sha256sum agrees', async () => {
  await stage()
  expect(fs.readdirSync(folder).sort()).toEqual([
    'README.txt',
    'SHA256SUMS',
    'catalog.sqlite.bz2',
    'chunks',
    'restore.sh',
  ])
  expect(check()).toBe('README.txt: OK\ncatalog.sqlite.bz2: OK\nchunks/00000001.tar: OK\nrestore.sh: OK\n')
  expect(fs.statSync(path.join(folder, 'restore.sh')).mode & 0o777).toBe(0o755)
  expect(fs.readdirSync(newFolder)).toEqual([])
})

test('staged again it is brought up to date, and without a catalog keeps the one it has', async () => {
  await stage()
  await stage({ catalog: undefined, readme: 'newer\n' })
  expect(check()).toContain('catalog.sqlite.bz2: OK')
  expect(fs.readFileSync(path.join(folder, 'README.txt'), 'utf8')).toBe('newer\n')
})

test('what cannot be written is named, and what stands there stays', async () => {
  await stage()
  fs.rmSync(path.join(folder, 'README.txt'))
  fs.mkdirSync(path.join(folder, 'README.txt'))
  await expect(stage()).rejects.toThrow(`cannot write ${path.join(folder, 'README.txt')}: is a directory`)
  expect(fs.readdirSync(newFolder)).toEqual([])
  await expect(stage({ catalog: { file: '/not/there', sha256: '' } })).rejects.toThrow(
    /cannot write .*catalog.sqlite.bz2: no such/,
  )
  expect(fs.readFileSync(path.join(folder, 'catalog.sqlite.bz2'), 'utf8')).toBe('catalog')
})

test('a file is hashed as sha256sum does', () => {
  expect(sha256OfFile(catalog.file)).toBe(program('sha256sum', [catalog.file]).toString().slice(0, 64))
  expect(() => sha256OfFile('/not/there')).toThrow('cannot read /not/there: no such file or directory')
})
