import { jobFamilies } from '../../src/cli/jobs/job-command-list.ts'
import { type CommandEntry, commandGroups } from '../../src/cli/command-entry.ts'
import { expect, test } from 'vitest'
import { commandList, commandOf, findCommand } from '../../src/cli/command-list.ts'
import { commandPage } from '../../src/cli/command-page.ts'
import { commandHelp, generalHelp, shortHelp } from '../../src/cli/help-text.ts'
import { isOptionName } from '../../src/cli/options.ts'

const widest = (page: string): number => Math.max(...page.split('\n').map((line) => line.length))

test.each(commandList)(
  'the help of $name fits 80 columns, and its first lines tell how to call it',
  async (entry) => {
    const page = commandHelp(commandPage(entry, await entry.load()), 200)
    expect(widest(page)).toBeLessThanOrEqual(80)
    expect(page).toMatch(new RegExp(`^Usage: butcher ${entry.name} \\[options\\]`))
    expect(page).not.toMatch(/\[(string|boolean|array|choices)/)
  },
)

test('the help of the program fits 80 columns, and narrower terminals', () => {
  for (const columns of [50, 80, 200]) {
    expect(widest(generalHelp(columns))).toBeLessThanOrEqual(Math.min(columns + 20, 80))
    expect(widest(shortHelp(columns))).toBeLessThanOrEqual(Math.min(columns + 20, 80))
  }
})

test('every list of commands has the order of the table', () => {
  const names = commandGroups.flatMap((title) => commandList.filter(({ group }) => group === title))
  expect(names).toEqual(commandList)
  for (const page of [generalHelp(80), shortHelp(80)]) {
    const shown = [...page.matchAll(/^ {2}([a-z-]+(?: [a-z]+)?) /gm)].map(([, name]) => name as string)
    const single = commandList
      .filter(({ group, name }) => group !== 'Jobs' || !name.includes(' '))
      .map(({ name }) => name)
    expect(shown.filter((name) => findCommand(name))).toEqual(single)
    for (const { term } of jobFamilies) expect(page).toContain(`\n  ${term} `)
  }
})

test.each(commandList)('the examples of $name use options and commands that exist', async (entry) => {
  const command = await entry.load()
  expect(command.examples.length).toBeGreaterThan(0)
  for (const [call] of command.examples) {
    const words = call.slice(call.indexOf('butcher ')).split(' ').slice(1)
    expect([call, commandOf(words)]).toEqual([call, expect.anything()])
    for (const [, option] of call.matchAll(/ --([a-z-]+)/g)) expect(isOptionName(option as string)).toBe(true)
  }
})

test.each(commandList)('the options of $name begin with a verb, without a full stop', async (entry) => {
  const page = commandPage(entry, await entry.load())
  for (const { term, text } of page.options.flatMap(({ terms }) => terms)) {
    expect([term, text]).toEqual([
      term,
      expect.not.stringMatching(/^(an?|the|what|which|where|how|so|no|only|that|it)\b|\.$/i),
    ])
    expect([term, text]).toEqual([term, expect.stringMatching(/^[a-z]/)])
  }
})

test('options that count only with another one are in a group of their own', async () => {
  const titles = async (name: string): Promise<string[]> => {
    const entry = findCommand(name) as CommandEntry
    return commandPage(entry, await entry.load()).options.map(({ title }) => title)
  }
  expect(await titles('burn')).toEqual(['Options', 'With --follow', 'Encryption', 'Output'])
  expect(await titles('backup')).toEqual(['Options', 'With --burn', 'Which paths', 'Encryption', 'Output'])
})
