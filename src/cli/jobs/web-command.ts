/** `web`: the page of the daemon. */

import { ButcherError, exitStatus } from '../../errors.ts'
import { changeDefinitions, readDefinitions } from '../../jobs/configuration.ts'
import type { WebSettings } from '../../jobs/definitions.ts'
import { askDaemon } from '../../jobs/ask-daemon.ts'
import { canAsk, askSecret } from '../ask.ts'
import { defined, flag, listIfGiven, text, wholeNumber } from '../arguments.ts'
import type { Arguments, Call, Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'
import { usageError } from '../split-words.ts'
import { openInBrowser } from './open-in-browser.ts'
import { firstLineOf } from './first-line.ts'

export const webCommand: Command = {
  name: 'web',
  positionals: [],
  options: [
    'port', 'bind', 'host', 'folder', 'always', 'off', 'set-password', 'password-file', 'no-password', 'token', 'revoke-tokens', 'no-open', 'json', 'quiet', 'no-progress',
  ], // prettier-ignore
  choices: { token: ['metrics', 'read', 'run', 'admin'] },
  examples: [
    ['butcher web', 'print a link to the page, and open it on a desktop'],
    ['butcher web --port 8484 --always', 'take this port whenever the daemon runs'],
    ['butcher web --set-password', 'set a password, to log in without a link'],
    ['butcher web --token read', 'print a token for programs, which may read everything but contents'],
    ['butcher web --off', 'close the port, and end all sessions'],
  ],
  notes: [
    'The daemon serves the page on 127.0.0.1, to this machine alone. The port is closed until you run butcher web. Other users of this machine need the link or the password.',
    'The link works once, within a minute. A session ends after 12 hours without use.',
    'To reach the page from elsewhere, use ssh -L, or a proxy with TLS and --host NAME. --bind with another address needs a password, and its traffic is not encrypted.',
  ],
  run: async (call) => {
    const { args } = call
    checkWords(args)
    const { newToken, removeTokens } = await import('../../api/web-access.ts')
    const token = text(args, 'token')
    if (token !== undefined) return printToken(call, token, newToken(token as Parameters<typeof newToken>[0]))
    if (flag(args, 'revoke-tokens')) return tell(call, `removed tokens: ${removeTokens()}`)
    saveSettings(args)
    const hasNewPassword = await changePassword(call)
    if (flag(args, 'off')) {
      await askDaemon('DELETE', 'web')
      return tell(call, 'the page is closed')
    }
    const port = wholeNumber(args, 'port')
    const answer = await askDaemon('POST', 'web', {
      ...defined({ port }),
      ...(hasNewPassword ? { end_sessions: true } : {}),
    })
    return printLink(call, answer as unknown as Link)
  },
}

interface Link {
  readonly url: string
  readonly seconds: number
  readonly port: number
}

function checkWords(args: Arguments): void {
  const acts = (['off', 'token', 'revoke-tokens'] as const).filter((name) => args.options[name] !== undefined)
  if (acts.length > 1) throw usageError(`--${acts[0]} contradicts --${acts[1]}`)
  const ways = (['set-password', 'password-file', 'no-password'] as const).filter(
    (name) => args.options[name] !== undefined,
  )
  if (ways.length > 1) throw usageError(`--${ways[0]} contradicts --${ways[1]}`)
}

/** `--always` saves the port, too: the daemon takes it at its next start. */
function saveSettings(args: Arguments): void {
  const given: WebSettings = defined({
    bind: text(args, 'bind'),
    hosts: listIfGiven(args, 'host')?.filter((name) => name !== ''),
    folders: listIfGiven(args, 'folder')?.filter((name) => name !== ''),
    ...(flag(args, 'always') ? { always: true, port: wholeNumber(args, 'port') } : {}),
    ...(flag(args, 'off') ? { always: false } : {}),
  })
  if (Object.keys(given).length === 0) return
  if (flag(args, 'off') && readDefinitions().settings?.web?.always !== true) return
  changeDefinitions((all) => ({
    ...all,
    settings: { ...all.settings, web: { ...all.settings?.web, ...given } },
  }))
}

/** Whether the password was changed. */
async function changePassword(call: Call): Promise<boolean> {
  const { args, signal } = call
  const file = text(args, 'password-file')
  const { setPassword } = await import('../../api/web-access.ts')
  if (flag(args, 'no-password')) await setPassword(undefined)
  else if (file !== undefined) await setPassword(await firstLineOf(file))
  else if (flag(args, 'set-password')) await setPassword(await askPassword(signal))
  else return false
  return true
}

async function askPassword(signal: AbortSignal): Promise<string> {
  if (!canAsk())
    throw usageError('--set-password asks on a terminal, and there is none', 'give --password-file')
  const password = await askSecret('New password of the page: ', signal)
  if ((await askSecret('Repeat password: ', signal)) === password) return password
  throw new ButcherError('usage', 'the two passwords differ')
}

async function printLink(call: Call, link: Link): Promise<number> {
  const { args, output, reporter } = call
  const { url, seconds, port } = link
  if (reporter.json) output.line(jsonText({ type: 'link', url, seconds, port }))
  else output.line(url)
  await output.flush()
  if (reporter.json || reporter.quiet) return exitStatus.done
  const isOpened = !flag(args, 'no-open') && openInBrowser(url)
  reporter.tell(
    `${isOpened ? 'The browser opens the page. ' : ''}The link works once, for ${seconds} seconds.`,
  )
  return exitStatus.done
}

function printToken({ output, reporter }: Call, scope: string, token: string): number {
  if (reporter.json) output.line(jsonText({ type: 'token', scope, token }))
  else output.line(token)
  return exitStatus.done
}

function tell({ output, reporter }: Call, message: string): number {
  if (reporter.json) output.line(jsonText({ type: 'done', message }))
  else if (!reporter.quiet) output.line(message)
  return exitStatus.done
}
