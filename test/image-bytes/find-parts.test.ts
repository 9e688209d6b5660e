import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findParts } from '../../src/image-bytes/find-parts.ts'

let folder: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'find-parts-'))
})

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

function make(...names: readonly string[]): void {
  for (const name of names) fs.writeFileSync(path.join(folder, name), '')
}

const found = async (name: string): Promise<readonly string[]> =>
  (await findParts(path.join(folder, name))).map((file) => path.basename(file))

test.each([
  ['two letters', ['sda1.gz.aa', 'sda1.gz.ab', 'sda1.gz.ac']],
  ['three letters', ['sda1.aaa', 'sda1.aab']],
  ['two digits', ['sda1.img.00', 'sda1.img.01', 'sda1.img.02']],
  ['three digits', ['sda1.000', 'sda1.001']],
  ['digits from 1 on', ['sda1.001', 'sda1.002']],
  ['one part', ['sda1.aa']],
  ['parts that are compressed one by one', ['sda1.pimg.000.zst', 'sda1.pimg.001.zst']],
])('%s', async (_, names) => {
  make(...names, 'sda2.gz.aa', 'sda1.gz.aa.txt', 'sda10.ab')
  expect(await found(names[0] as string)).toEqual(names)
})

test('the letters go on after z', async () => {
  const names = Array.from({ length: 60 }, (_, i) => {
    const letter = (value: number): string => String.fromCharCode(97 + value)
    return `x.${letter(Math.floor(i / 26))}${letter(i % 26)}`
  })
  make(...names)
  expect(await found('x.aa')).toEqual(names)
})

test('a missing part is named', async () => {
  make('x.aa', 'x.ab', 'x.ad')
  await expect(found('x.aa')).rejects.toMatchObject({
    code: 'source',
    message: `${folder}/x.ac is missing: x.ad is there`,
  })
})

test('a later part is not an image', async () => {
  make('x.000', 'x.001', 'x.002')
  await expect(found('x.001')).rejects.toMatchObject({ code: 'usage', hint: `give ${folder}/x.000` })
})

test('files that are no parts', async () => {
  make('x.img', 'x.gz', 'x.xz', 'x.aa', 'y.99', 'plain')
  for (const name of ['x.img', 'x.gz', 'x.xz', 'x.aa', 'y.99', 'plain'])
    expect(await found(name)).toEqual([name])
})

test('no such file', async () => {
  await expect(found('nowhere.aa')).rejects.toMatchObject({ code: 'io' })
})
