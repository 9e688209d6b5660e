import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { argumentsOf, wholeNumber, flag, list, text, word, words } from '../../src/cli/arguments.ts'
import type { Arguments } from '../../src/cli/command.ts'
import { findCommand } from '../../src/cli/command-list.ts'
import { secretsOf } from '../../src/cli/secrets-of-call.ts'
import { splitWords } from '../../src/cli/split-words.ts'
import { oddNames } from '../support/sample-trees.ts'

async function parse(...given: string[]): Promise<Arguments> {
  const split = splitWords(given)
  const command = await findCommand(split.positionals[0] as string)?.load()
  if (!command) throw new Error('no such command')
  return argumentsOf(command, split)
}

describe('refused with the nearest word that is known:', () => {
  test.each([
    [['backup', '--exlude', 'x', 'a', 'b'], 'unknown option --exlude; did you mean --exclude?'],
    [['backup', '--pass=x', 'a', 'b'], 'unknown option --pass; did you mean --passphrase?'],
    [['backup', 'a', 'b', '-n'], 'unknown option -n'],
    [['list', '--medium', 'dvd', 'a'], 'list has no option --medium'],
    [['backup', '--watermark', '10%', 'a', 'b'], 'unknown option --watermark'],
    [['backup', '--compress', 'zst', 'a', 'b'], /^unknown value of --compress: 'zst'; did you mean zstd\?$/],
  ] as [string[], string | RegExp][])('%j', async (given, message) => {
    await expect(parse(...given)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message) as string,
    })
  })
})

describe('refused:', () => {
  test.each([
    [['backup', 'a'], '<dest> is missing: butcher backup <src..> <dest>'],
    [['backup'], '<src> <dest> is missing: butcher backup <src..> <dest>'],
    [['restore', 'a'], '<dest> is missing: butcher restore <from..> <dest>'],
    [['find', 'a'], '<pattern> is missing: butcher find <from> <pattern>'],
    [['log', 'a', 'b'], `'b' is one word too many: butcher log <from>`],
    [['backup', '', 'b'], '<src> is empty: butcher backup <src..> <dest>'],
    [['backup', 'a', 'b', '--hash', 'md5'], `unknown value of --hash: 'md5'`],
    [['backup', 'a', 'b', '--name'], '--name needs a value'],
    [['backup', 'a', 'b', '--exclude', '--full'], '--exclude needs a value'],
    [['backup', 'a', 'b', '--exclude', '--name=x'], '--exclude needs a value'],
    [['backup', 'a', 'b', '--index='], '--index is empty'],
    [['list', 'a', '--at', ''], '--at is empty'],
    [['backup', 'a', 'b', '--dry-run=yes'], '--dry-run takes no value'],
  ] as [string[], string][])('%j', async (given, message) => {
    await expect(parse(...given)).rejects.toMatchObject({ code: 'usage', message })
  })

  test.each(['0', '-1', '1.5', '1e3', 'x', '9999999999'])('%s as a number', async (value) => {
    const args = await parse('backup', 'a', 'b', '--jobs', value)
    expect(() => wholeNumber(args, 'jobs')).toThrow(`--jobs '${value}' is not a whole number of 1 or more`)
  })
})

describe('taken as they are:', () => {
  test('words that look like numbers, paths and options', async () => {
    const args = await parse('backup', '0123', '1e5', '--name', '007', '--index=0x10', '--jobs', '04')
    expect([word(args, 'src'), word(args, 'dest')]).toEqual(['0123', '1e5'])
    expect([text(args, 'name'), text(args, 'index'), wholeNumber(args, 'jobs')]).toEqual(['007', '0x10', 4])
  })

  test('options wherever they stand, also before the command', async () => {
    const args = await parse(
      '--json',
      'backup',
      '--exclude',
      '*.o',
      'src',
      '--exclude=-x',
      'dest',
      '--exclude',
      '-y',
    )
    expect([word(args, 'src'), word(args, 'dest')]).toEqual(['src', 'dest'])
    expect(list(args, 'exclude')).toEqual(['*.o', '-x', '-y'])
    expect(flag(args, 'json')).toBe(true)
    expect(flag(args, 'full')).toBe(false)
    expect(text(args, 'at')).toBeUndefined()
  })

  test('whatever stands behind --', async () => {
    const args = await parse('restore', 'a', '--', '-x', '--json', '--')
    expect(words(args, 'from')).toEqual(['a', '-x', '--json'])
    expect(word(args, 'dest')).toBe('--')
    expect(flag(args, 'json')).toBe(false)
  })

  test('a single dash', async () => {
    expect(word(await parse('log', '-'), 'from')).toBe('-')
  })

  test('any value', async () => {
    for (const value of [
      ...oddNames,
      '"quoted"',
      `'`,
      ' ',
      '--',
      '-',
      '--passphrase=x',
      'a=b',
      'true',
      '[1]',
      '__proto__',
    ]) {
      const args = await parse('backup', `./${value}`, 'd', `--name=${value}`, `--exclude=${value}`)
      expect(word(args, 'src')).toBe(`./${value}`)
      expect(text(args, 'name')).toBe(value)
      expect(list(args, 'exclude')).toEqual([value])
    }
  })

  test('an empty name, and of an option that is given twice the later one', async () => {
    expect(text(await parse('backup', 'a', 'b', '--name='), 'name')).toBe('')
    expect(
      text(await parse('backup', 'a', 'b', '--name', 'x', '--full', '--name', 'y', '--full'), 'name'),
    ).toBe('y')
  })
})

describe('the passphrase', () => {
  let folder: string
  let file: string
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-secrets-'))
    file = path.join(folder, 'passphrase')
  })
  afterAll(() => {
    fs.rmSync(folder, { recursive: true })
  })
  afterEach(() => {
    delete process.env['BUTCHER_PASSPHRASE']
    delete process.env['BUTCHER_PASSPHRASE_FILE']
  })

  const secrets = async (...given: string[]) =>
    secretsOf({ args: await parse('log', 'x', ...given), signal: new AbortController().signal })

  test.each(['0123', '1e5', '"quoted"', ' space ', '-dash', 'ümläut', `'`])(
    '%j stays as it is',
    async (value) => {
      expect(await secrets(`--passphrase=${value}`)).toEqual({ passphrase: value })
      expect(await secrets('--passphrase', value)).toEqual({ passphrase: value })
      process.env['BUTCHER_PASSPHRASE'] = value
      expect(await secrets()).toEqual({ passphrase: value })
      fs.writeFileSync(file, `${value}\nsecond line`)
      expect(await secrets('--passphrase-file', file)).toEqual({ passphrase: value })
      fs.writeFileSync(file, value)
      expect(await secrets('--passphrase-file', file)).toEqual({ passphrase: value })
      expect(await secrets('--passphrase-command', `cat '${file}'; echo; echo second line`)).toEqual({
        passphrase: value,
      })
      delete process.env['BUTCHER_PASSPHRASE']
      process.env['BUTCHER_PASSPHRASE_FILE'] = file
      expect(await secrets()).toEqual({ passphrase: value })
      expect(await secrets('--passphrase', 'option')).toEqual({ passphrase: 'option' })
    },
  )

  test('is none where none is given', async () => {
    expect(await secrets()).toEqual({})
    expect(await secrets('--private-key', 'key.asc')).toEqual({ privateKey: 'key.asc' })
  })

  test('is refused where it is empty, no text, not readable, or given in two ways', async () => {
    const usage = (message: string | RegExp): object =>
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) as string }) as object
    await expect(secrets('--passphrase=')).rejects.toEqual(usage('the passphrase is empty'))
    await expect(secrets('--passphrase', 'x', '--passphrase-file', file)).rejects.toEqual(usage(/not both$/))
    const nowhere = path.join(folder, 'nowhere')
    await expect(secrets('--passphrase-file', nowhere)).rejects.toEqual(
      usage(`cannot read the passphrase file ${nowhere}: no such file or directory`),
    )
    fs.writeFileSync(file, '\nsecond line\n')
    await expect(secrets('--passphrase-file', file)).rejects.toEqual(usage(/first line .* is empty$/))
    fs.writeFileSync(file, Buffer.from([0xff, 0x0a]))
    await expect(secrets('--passphrase-file', file)).rejects.toEqual(usage(/is not UTF-8$/))
    process.env['BUTCHER_PASSPHRASE'] = ''
    await expect(secrets()).rejects.toEqual(usage('BUTCHER_PASSPHRASE is empty'))
    process.env['BUTCHER_PASSPHRASE'] = 'x'
    process.env['BUTCHER_PASSPHRASE_FILE'] = file
    await expect(secrets()).rejects.toEqual(
      usage('BUTCHER_PASSPHRASE and BUTCHER_PASSPHRASE_FILE are both set'),
    )
    delete process.env['BUTCHER_PASSPHRASE']
    process.env['BUTCHER_PASSPHRASE_FILE'] = ''
    await expect(secrets()).rejects.toEqual(usage('BUTCHER_PASSPHRASE_FILE is empty'))
    process.env['BUTCHER_PASSPHRASE_FILE'] = nowhere
    await expect(secrets()).rejects.toEqual(usage(`cannot read the passphrase file ${nowhere}`))
  })

  test.each([
    ['exit 3', 'it ended with status 3'],
    ['kill -TERM $$', 'it ended with the signal SIGTERM'],
    ['echo; echo second', 'its first line is empty'],
    ['true', 'its first line is empty'],
    [`printf '\\377\\n'`, 'its first line is not UTF-8'],
    ['yes', 'it writes more than 65536 bytes'],
  ])('of a command that fails: %s', async (command, why) => {
    await expect(secrets('--passphrase-command', command)).rejects.toMatchObject({
      code: 'secret',
      message: `the command of --passphrase-command failed: ${why}`,
    })
  })
})
