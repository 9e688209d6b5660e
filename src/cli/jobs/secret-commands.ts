/** `secret set`, `secret remove` and `secret list`. */

import { ButcherError, exitStatus } from '../../errors.ts'
import { changeDefinitions, readDefinitions } from '../../jobs/configuration.ts'
import type { Definitions } from '../../jobs/definitions.ts'
import { checkSecretName, removeSecret, saveSecret, secretFiles } from '../../jobs/secrets.ts'
import { text, word } from '../arguments.ts'
import type { Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'
import { commandWords } from './command-words.ts'
import { askNewPassphrase } from '../secrets-of-call.ts'
import { givenPassphrase } from '../given-passphrase.ts'
import { usageError } from '../split-words.ts'

const nameWord = { name: 'name', describe: 'the name of the secret', count: 'one' } as const

export const secretSet: Command = {
  name: 'secret set',
  positionals: [nameWord],
  options: ['command', 'passphrase-file', 'json', 'quiet', 'no-progress'],
  describes: { 'passphrase-file': 'take the passphrase from the first line of this file' },
  examples: [
    ['butcher secret set home', 'prompt for a passphrase'],
    [`butcher secret set home --command '["pass", "show", "backup"]'`, 'run a program each time'],
  ],
  notes: [
    'The passphrase goes into a file of mode 0600 in ~/.local/share/butcher/secrets. The configuration never holds it.',
    'Keep another copy of it: without the passphrase nobody can restore the set.',
    'A systemd credential of the same name (LoadCredential=) comes first.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const name = word(args, 'name')
    const command = text(args, 'command')
    checkSecretName(name)
    if (command === undefined) {
      const passphrase = (await givenPassphrase(args, signal)) ?? (await askNewPassphrase(call))
      saveSecret(name, passphrase)
      changeDefinitions((all) => without(all, name))
    } else {
      if (text(args, 'passphrase-file') !== undefined)
        throw usageError('--command contradicts --passphrase-file')
      const words = commandWords('command', command, '["pass", "show", "backup"]')
      changeDefinitions((all) => ({
        ...without(all, name),
        secrets: [...without(all, name).secrets, { name, command: words }],
      }))
      removeSecret(name)
    }
    if (reporter.json) output.line(jsonText({ type: 'secret', name }))
    else if (!reporter.quiet) output.line(`saved the secret ${name}`)
    return exitStatus.done
  },
}

export const secretRemove: Command = {
  name: 'secret remove',
  positionals: [nameWord],
  options: ['force', 'json', 'quiet', 'no-progress'],
  describes: { force: 'remove it even if an item or a vault uses it' },
  examples: [['butcher secret remove home', 'remove a passphrase from this machine']],
  run: async ({ args, output, reporter }) => {
    const name = word(args, 'name')
    const all = readDefinitions()
    const users = [...all.items, ...all.vaults].filter(({ secret }) => secret === name)
    if (users.length > 0 && args.options['force'] !== true)
      throw new ButcherError('usage', `cannot remove the secret '${name}': '${users[0]?.name}' uses it`, {
        hint: 'its sets cannot be opened without it; --force removes it',
      })
    const hadCommand = all.secrets.some((secret) => secret.name === name)
    if (hadCommand) changeDefinitions((now) => without(now, name))
    if (!removeSecret(name) && !hadCommand)
      throw new ButcherError('usage', `secret '${name}' does not exist`, {
        hint: 'butcher secret list shows the names',
      })
    if (reporter.json) output.line(jsonText({ type: 'secret', name }))
    else if (!reporter.quiet) output.line(`removed the secret ${name}`)
    return exitStatus.done
  },
}

export const secretList: Command = {
  name: 'secret list',
  positionals: [],
  options: ['json', 'quiet', 'no-progress'],
  examples: [['butcher secret list', 'the names of the secrets, never their texts']],
  run: async ({ output, reporter }) => {
    const names = [
      ...new Set([...secretFiles(), ...readDefinitions().secrets.map(({ name }) => name)]),
    ].toSorted()
    if (names.length === 0 && !reporter.json) output.line('no secret yet (butcher secret set NAME)')
    for (const name of names) output.line(reporter.json ? jsonText({ type: 'secret', name }) : name)
    return exitStatus.done
  },
}

const without = (all: Definitions, name: string): Definitions =>
  all.secrets.some((secret) => secret.name === name)
    ? { ...all, secrets: all.secrets.filter((secret) => secret.name !== name) }
    : all
