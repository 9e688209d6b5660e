/** Secrets: written and removed, never read. */

import { changeDefinitions, readDefinitions } from '../jobs/configuration.ts'
import { type Definitions } from '../jobs/definitions.ts'
import { checkSecretName, removeSecret, saveSecret, secretFiles } from '../jobs/secrets.ts'
import { needed, type Kind } from '../options/check-fields.ts'
import { ApiError, notThere } from './api-error.ts'
import { checkedBody } from './checked-body.ts'
import { ok } from './answer.ts'
import { param, type Route } from './route.ts'

const aPassphrase: Kind = {
  expected: 'a passphrase: one line that is not empty',
  fits: (value) => typeof value === 'string' && value !== '' && !/[\0\n]/.test(value),
  isSecret: true,
}

export const secretRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'secrets',
    scope: 'read',
    summary: 'list the names of the secrets, never their texts',
    answer: 'list of `{name, kind, users}`; kind is `file` or `command`',
    handle: () => {
      const all = readDefinitions()
      const commands = all.secrets.map(({ name }) => name)
      const names = [...new Set([...secretFiles(), ...commands])].toSorted()
      return ok(
        names.map((name) => ({
          name,
          kind: commands.includes(name) ? 'command' : 'file',
          users: usersOfSecret(all, name),
        })),
      )
    },
  },
  {
    method: 'PUT',
    path: 'secrets/{name}',
    scope: 'admin',
    summary: 'save a passphrase',
    body: '`{value}`: the passphrase',
    answer: '`{name}`',
    handle: (request) => {
      const name = param(request, 'name')
      checkSecretName(name)
      saveSecret(name, checkedBody<{ readonly value: string }>(request, { value: needed(aPassphrase) }).value)
      changeDefinitions((all) => withoutCommand(all, name))
      return ok({ name })
    },
  },
  {
    method: 'DELETE',
    path: 'secrets/{name}',
    scope: 'admin',
    summary: 'remove a passphrase from this machine',
    query: { force: '1: also if an item or a vault uses it; its sets cannot be opened without it' },
    answer: '`{removed}`; 409 with `users` if in use',
    handle: (request) => {
      const name = param(request, 'name')
      checkSecretName(name)
      const all = readDefinitions()
      const users = usersOfSecret(all, name)
      if (users.length > 0 && request.query.get('force') !== '1')
        throw new ApiError(409, 'in-use', `cannot remove the secret '${name}': ${users.join(', ')}`, {
          hint: 'its sets cannot be opened without it',
          users,
        })
      const hadCommand = all.secrets.some((secret) => secret.name === name)
      if (hadCommand) changeDefinitions((now) => withoutCommand(now, name))
      if (!removeSecret(name) && !hadCommand) throw notThere(`there is no secret '${name}'`)
      return ok({ removed: name })
    },
  },
]

const usersOfSecret = ({ items, vaults }: Definitions, name: string): string[] => [
  ...items.filter(({ secret }) => secret === name).map((item) => `item ${item.name}`),
  ...vaults.filter(({ secret }) => secret === name).map((vault) => `vault ${vault.name}`),
]

const withoutCommand = (all: Definitions, name: string): Definitions =>
  all.secrets.some((secret) => secret.name === name)
    ? { ...all, secrets: all.secrets.filter((secret) => secret.name !== name) }
    : all
