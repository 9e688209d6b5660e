/** The files of the page, from the folder that the build fills. Only files that it lists are ever opened. */

import { hash } from 'node:crypto'
import type http from 'node:http'
import path from 'node:path'
import { ownFile, ownFilesBelow } from '../own-files.ts'

const pageFolder = 'dist/page/'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
}

const startPage = 'index.html'
const noPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>butcher</title>
<p>The page is not built. The daemon works, and the command line shows everything: <code>butcher job list</code>.</p>
`

/** Answers a GET that is none of the interface. */
export function sendPage(request: http.IncomingMessage, response: http.ServerResponse): void {
  const name = nameIn(request.url ?? '/')
  const listed = listFiles()
  const file = listed.includes(name) ? name : startPage
  // The page has addresses of its own, but a missing file is missing.
  if (name !== file && name !== '' && path.extname(name) !== '')
    return send(response, 404, 'there is no such file\n')
  if (!listed.includes(file)) return send(response, 503, noPage, types['.html'])
  const bytes = ownFile(`${pageFolder}${file}`)
  const etag = `"${hash('sha256', bytes).slice(0, 16)}"`
  const headers = {
    etag,
    'content-type': types[path.extname(file)] ?? 'application/octet-stream',
    // Names under assets/ have a hash of their content.
    'cache-control': file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, { ...headers, 'content-length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function nameIn(address: string): string {
  try {
    return decodeURIComponent(new URL(address, 'http://page').pathname.slice(1))
  } catch {
    return ''
  }
}

let known: { readonly at: number; readonly names: readonly string[] } | undefined
const validMs = 2000

function listFiles(): readonly string[] {
  if (known && Date.now() - known.at < validMs) return known.names
  known = { at: Date.now(), names: ownFilesBelow(pageFolder) }
  return known.names
}

function send(response: http.ServerResponse, status: number, text: string, type = types['.txt']): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}
