import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Device, findDrives } from '../../src/burn/drive.ts'
import { eject, inspectMedium, takeIn } from '../../src/burn/medium-in-drive.ts'
import { PieceSums, pieceBytes } from '../../src/burn/piece-sums.ts'
import { readBack } from '../../src/burn/read-back.ts'
import { isSpeed, writeDisc } from '../../src/burn/write-disc.ts'
import { burn } from '../../src/commands/burn/burn.ts'
import { loadBlank } from '../../src/commands/burn/load-blank.ts'
import type { ButcherEvent } from '../../src/events.ts'
import { type Between, putBetween } from '../support/xorriso-between.ts'

let folder: string
let drive: Device
let between: Between

/**
 * A drive: xorriso works on a file, and says that it is what `$here/medium` says, formatted once it was told
 * to.
 */
const asDrive = `
words=("$@"); words=("\${words[@]/#$here\\/sr9/stdio:$here/sr9}"); words=("\${words[@]/#dev=$here\\/sr9/dev=stdio:$here/sr9}")
[[ "$*" != *-eject* ]] || exit 0
[[ "$*" != *-format* ]] || exit 0
if [[ "$*" == *-blank* ]]; then : >"$here/sr9"; exit 0; fi
real "\${words[@]}" 2> >(sed "s/^Media current: .*/Media current: $(cat "$here/medium")/; s/vendor '.*' product '.*' rev/vendor 'ASUS    ' product 'BW-16D1HT' rev/" >&2) \
  | sed "s/^Media current: .*/Media current: $(cat "$here/medium")/; s/vendor '.*' product '.*' rev/vendor 'ASUS    ' product 'BW-16D1HT' rev/"
exit \${PIPESTATUS[0]}`

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-drive-'))
  drive = { kind: 'drive', file: path.join(folder, 'sr9') }
  fs.writeFileSync(drive.file, '')
  between = putBetween(folder, asDrive)
  medium('BD-R sequential recording')
})

afterEach(() => {
  between.remove()
  fs.rmSync(folder, { recursive: true })
})

const medium = (type: string): void => fs.writeFileSync(path.join(folder, 'medium'), `${type}\n`)
const need = { disc: 3, label: 'BUTCHER_00112233_0003', copy: 1, bytes: 2_000_000 }
const load = (options: Partial<Parameters<typeof loadBlank>[2]> = {}) =>
  loadBlank(drive, need, { isUsed: false, keptVolumeIds: new Set(), ...options })

async function* pieces(data: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += 100_000) yield data.subarray(at, at + 100_000)
}

const write = (data: Buffer, more: object = {}) =>
  writeDisc(() => pieces(data), { device: drive, mediumType: 'BD-R', bytes: data.length, ...more })

test('a drive says what it is, what is in it and what that takes', async () => {
  const found = await inspectMedium(drive)
  expect(found).toMatchObject({ state: 'blank', type: 'BD-R sequential recording', isRewritable: false, burner: 'ASUS BW-16D1HT', volumeIds: [] })
  expect(found.freeBytes).toBeGreaterThan(1e6)
  await write(randomBytes(64 * 2048))
  expect(await inspectMedium(drive)).toMatchObject({ state: 'written', freeBytes: 0 })
  medium('BD-RE')
  expect(await inspectMedium(drive)).toMatchObject({ state: 'written', isRewritable: true })
}) // prettier-ignore

test('what is burned is read back; a byte that differs and an end that is missing are found', async () => {
  const data = randomBytes(40 * pieceBytes + 2048)
  const burned = await write(data, { speed: '4X' })
  expect(between.calls().at(-1)).toMatch(
    /^-as cdrecord --no_rc -v dev=\S+ fs=32m speed=4x tsize=1281s padsize=0 -$/,
  )
  await eject(drive)
  await takeIn(drive)
  expect(await readBack({ device: drive, burned })).toEqual({ isSound: true, bytes: data.length, wrong: [] })
  const disc = fs.readFileSync(drive.file)
  disc[pieceBytes + 5] = (disc[pieceBytes + 5] as number) ^ 1
  fs.writeFileSync(drive.file, disc.subarray(0, 40 * pieceBytes))
  expect(await readBack({ device: drive, burned })).toEqual({
    isSound: false,
    bytes: data.length,
    wrong: [
      { offset: pieceBytes, sizeBytes: pieceBytes },
      { offset: 40 * pieceBytes, sizeBytes: 2048 },
    ],
  })
})

test('--spares formats a blank BD-R, and says of other media that they take none', async () => {
  const formats = (): number => between.calls().filter((call) => call.includes('-format as_needed')).length
  const notes: ButcherEvent[] = []
  const report = (event: ButcherEvent): void => void notes.push(event)
  expect(await load({ spares: true, report })).toMatchObject({ state: 'blank' })
  expect([formats(), notes]).toEqual([1, []])
  for (const type of ['DVD+R', 'BD-RE', 'BD-R random recording']) {
    medium(type)
    await load({ spares: true, report })
  }
  expect(formats()).toBe(1)
  expect(notes).toHaveLength(3)
  for (const { message } of notes as { message: string }[]) expect(message).toContain('only a blank BD-R can')
  medium('BD-R sequential recording')
  await write(randomBytes(2048))
  await expect(load({ spares: true, blank: true })).rejects.toThrow('the disc in it is not blank')
  expect(formats()).toBe(1)
})

test('a written disc that can be written once is never erased; a rewritable one is where it is agreed to', async () => {
  await write(randomBytes(64 * 2048))
  await expect(load({ blank: true, confirmErase: async () => true })).rejects.toThrow('not blank')
  medium('BD-RE')
  await expect(load()).rejects.toThrow('not blank')
  expect(between.calls().some((call) => call.includes('-blank'))).toBe(false)
  expect(await load({ confirmErase: async () => true })).toMatchObject({ state: 'blank', type: 'BD-RE' })
  expect(between.calls().filter((call) => call.includes('-blank as_needed'))).toHaveLength(1)
})

test('a blank that takes less is told before a byte is written', async () => {
  between.remove()
  between = putBetween(folder, asDrive.replace('| sed "', '| sed "s/[0-9]* writable , [0-9]*/900 writable , 900/; '))
  await expect(load()).rejects.toThrow('takes 1.84 MB, 156800 bytes too little')
  const problems: unknown[] = []
  const requestBlank = async ({ problem }: { readonly problem: string | undefined }): Promise<boolean> => (problems.push(problem), false)
  await expect(load({ requestBlank })).rejects.toMatchObject({ code: 'aborted' })
  expect(problems).toHaveLength(1)
}) // prettier-ignore

test('an empty drive, as one says it', async () => {
  between.remove()
  between = putBetween(
    folder,
    `echo "xorriso : NOTE : Disc status unsuitable for writing" >&2
    echo "Media current: is not recognizable"
    echo "Media status : is not present"
    echo "Drive type   : vendor 'HL-DT-ST' product 'DVDRAM GUE0N' revision 'T.02'"`,
  )
  expect(await inspectMedium(drive)).toMatchObject({
    state: 'none',
    freeBytes: 0,
    burner: 'HL-DT-ST DVDRAM GUE0N',
  })
  await expect(load({ blank: true })).rejects.toThrow('there is no disc in it that can be burned')
})

test('drives are found by what xorriso says', async () => {
  between.remove()
  between = putBetween(
    folder,
    `echo "0  -dev '/dev/sr7' rwrw-- :  'HL-DT-ST' 'BD-RE  WH16NS40'" >&2
    echo "1  -dev '/dev/sr8' rwrw-- :  'ASUS    ' 'BW-16D1HT       '"`,
  )
  const drives = await findDrives()
  expect(drives).toEqual(
    expect.arrayContaining([
      { file: '/dev/sr7', name: 'HL-DT-ST BD-RE WH16NS40' },
      { file: '/dev/sr8', name: 'ASUS BW-16D1HT' },
    ]),
  )
  await expect(burn({ destination: folder })).rejects.toThrow(
    /^there are several drives: .*\/dev\/sr8 \(ASUS BW-16D1HT\)/,
  )
})

test('a drive that cannot be used is told', async () => {
  between.remove()
  between = putBetween(folder, 'echo "xorriso : FAILURE : Cannot acquire drive" >&2; exit 5')
  await expect(inspectMedium(drive)).rejects.toThrow('cannot be used: Cannot acquire drive')
  await expect(eject(drive)).rejects.toThrow('cannot eject the disc: Cannot acquire drive')
  await expect(write(randomBytes(1 << 20))).rejects.toThrow(/^burning in \S+ failed: Cannot acquire drive$/)
})

test('speeds are those that xorriso knows', () => {
  expect(['4', '8x', '2.4X', '4b', '2000k', '16xd'].every(isSpeed)).toBe(true)
  expect(['', 'fast', '-1', '4 ', '4;rm'].some(isSpeed)).toBe(false)
})

test('checksums of pieces do not depend on how the stream was cut', () => {
  const data = randomBytes(2 * pieceBytes + 77)
  const [whole, cut] = [new PieceSums(), new PieceSums()]
  whole.add(data)
  for (let at = 0; at < data.length; at += 99_991) cut.add(data.subarray(at, at + 99_991))
  expect(cut.list).toEqual(whole.list)
  expect(whole.list).toHaveLength(3)
})

test('a burn that dies ends, though its source waits for ever', async () => {
  let isClosed = false
  async function* waits(signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield randomBytes(2048)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    } finally {
      isClosed = true
    }
  }
  const dying = putBetween(
    path.join(folder, 'dying'),
    `echo 'xorriso : FATAL : the laser is out' >&2; exit 5`,
  )
  try {
    const burning = writeDisc(waits, { device: drive, mediumType: 'BD-R', bytes: 100 * 2048 })
    await expect(burning).rejects.toThrow(/failed: the laser is out$/)
    expect(isClosed).toBe(true)
  } finally {
    dying.remove()
  }
})

test('a burn ends with its source: one that fails, one that is short, one that is too long', async () => {
  async function* fails(): AsyncGenerator<Buffer> {
    yield randomBytes(2048)
    throw new Error('the source is gone')
  }
  const options = { device: drive, mediumType: 'BD-R', bytes: 100 * 2048 }
  await expect(writeDisc(fails, options)).rejects.toThrow('the source is gone')
  for (const sectors of [50, 5000]) {
    const size = sectors * 2048
    const burning = writeDisc(() => pieces(randomBytes(size)), options)
    await expect(burning).rejects.toMatchObject({ name: 'ButcherError' })
  }
})
