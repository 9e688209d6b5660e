import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { currentText, generatedFiles } from '../../scripts/docs/generated-files.ts'

const files = await generatedFiles()

test.each(files)('$file is current (npm run docs writes it)', ({ file, text }) => {
  expect(currentText(file)).toBe(text)
})

describe('man pages', () => {
  const pages = readdirSync('man')

  test('are those of the commands', () => {
    expect(pages.map((page) => `man/${page}`).sort()).toEqual(
      files
        .map(({ file }) => file)
        .filter((file) => file.startsWith('man/'))
        .sort(),
    )
  })

  test('please mandoc -Tlint', () => {
    const { stdout, stderr, status, error } = spawnSync(
      'mandoc',
      ['-Tlint', ...pages.map((page) => `man/${page}`)],
      {
        encoding: 'utf8',
      },
    )
    if (error) throw new Error('mandoc is missing: apt-get install mandoc', { cause: error })
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 })
  })

  test('show each option as it is typed', () => {
    const { stdout } = spawnSync('mandoc', ['-Tascii', 'man/butcher-backup.1'], { encoding: 'utf8' })
    const shown = stdout.split('\b').reduce((before, after) => before.slice(0, -1) + after)
    expect(shown).toContain('--passphrase-file F')
    expect(shown).toContain(`butcher backup --exclude '*.o' --exclude build/ ~/src /srv/discs`)
  })

  test('and docs are in the package', () => {
    const { files: packed, man } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      string,
      string[]
    >
    expect(packed).toEqual(expect.arrayContaining(['docs', 'man']))
    expect(man?.map((page) => page.replace('./man/', '')).sort()).toEqual([...pages].sort())
  })
})
