/**
 * A page in a headless Chromium, told what to do over its DevTools protocol, for which Node has all that is
 * needed.
 */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export interface BrowserPage {
  /** The value of an expression in the page; promises are waited for. */
  readonly evaluate: (expression: string) => Promise<unknown>
  readonly press: (key: string) => Promise<void>
  /** Types into what has the focus. */
  readonly type: (text: string) => Promise<void>
  readonly click: (x: number, y: number) => Promise<void>
  readonly screenshot: (file: string) => Promise<void>
  /** What the page wrote to its console, and what its policy refused. */
  readonly console: readonly string[]
  /** The addresses that it asked for, and its policy did not refuse. */
  readonly requests: () => readonly string[]
  readonly close: () => Promise<void>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

interface NetworkEvent {
  readonly requestId: string
  readonly request: { readonly url: string }
  readonly blockedReason?: string
}

/** Opens `file` by a `file://` address, in a window of 1280 x 800. */
export async function openPage(file: string): Promise<BrowserPage> {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'))
  const flags = [
    '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--window-size=1280,800', '--no-first-run',
    '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), 'about:blank',
  ] // prettier-ignore
  const browser = spawn('chromium', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await new Promise<string>((resolve, reject) => {
    browser.on('error', () => reject(new Error('chromium is missing: apt-get install chromium')))
    let told = ''
    browser.stderr.on('data', (piece: Buffer) => {
      told += piece.toString()
      const match = /DevTools listening on (ws:\S+)/.exec(told)
      if (match) resolve(match[1] as string)
    })
    browser.on('exit', () => reject(new Error(`chromium did not start: ${told.slice(-500)}`)))
  })
  const targets = (await (await fetch(`http://${new URL(address).host}/json`)).json()) as {
    type: string
    webSocketDebuggerUrl: string
  }[]
  const socket = new WebSocket(targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl as string)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const waiting = new Map<number, (message: Message) => void>()
  const told: string[] = []
  const asked = new Map<string, string>()
  let loaded = (): void => {}
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    if (message.method === 'Page.loadEventFired') loaded()
    const network = message.params as unknown as NetworkEvent
    if (message.method === 'Network.requestWillBeSent') asked.set(network.requestId, network.request.url)
    // The browser's own pictures come as data.
    if (message.method === 'Network.loadingFailed' && network.blockedReason === 'csp')
      asked.delete(network.requestId)
    if (/^(Runtime\.consoleAPICalled|Runtime\.exceptionThrown|Log\.entryAdded)$/.test(message.method ?? ''))
      told.push(JSON.stringify(message.params))
  })
  let last = 0
  const send = (method: string, params: object = {}): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id)
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result ?? {})
      })
      socket.send(JSON.stringify({ id, method, params }))
    })
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`)
  const done = new Promise<void>((resolve) => (loaded = resolve))
  await send('Page.navigate', { url: `file://${file}` })
  await done
  return {
    console: told,
    requests: () => [...asked.values()].filter((url) => !url.startsWith('data:')),
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      })
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
      return (result as { value: unknown }).value
    },
    press: async (key) => {
      const code = { Enter: 13, ArrowDown: 40, ArrowUp: 38, ArrowRight: 39, ArrowLeft: 37, End: 35, Home: 36, Escape: 27, PageDown: 34 }[key] ?? key.charCodeAt(0) // prettier-ignore
      const text = key.length === 1 ? { text: key } : {}
      await send('Input.dispatchKeyEvent', { type: 'keyDown', key, windowsVirtualKeyCode: code, ...text })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode: code })
    },
    type: async (text) => void (await send('Input.insertText', { text })),
    click: async (x, y) => {
      for (const type of ['mousePressed', 'mouseReleased'])
        await send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 })
    },
    screenshot: async (to) => {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      fs.writeFileSync(to, Buffer.from(data as string, 'base64'))
    },
    close: async () => {
      const gone = new Promise((resolve) => browser.on('exit', resolve))
      void send('Browser.close') // it may be gone before it answers
      await gone
      fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
