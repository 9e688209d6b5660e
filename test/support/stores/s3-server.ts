/**
 * A small S3 server for tests. An object shows only when its upload is complete, as in the real S3. It keeps
 * objects in memory, checks no signature, and knows only the calls that rclone makes for a store.
 */

import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

interface S3Object {
  readonly bytes: Buffer
  readonly modified: Date
  readonly headers: Readonly<Record<string, string>>
}

export interface S3Server {
  readonly port: number
  readonly objects: Map<string, S3Object>
  close(): Promise<void>
}

export interface S3Options {
  /** Bytes that fit; more gets the error of a full store. */
  readonly room?: number
}

/** Keys of `objects` are `bucket/key`. */
export async function startS3({ room = Infinity }: S3Options = {}): Promise<S3Server> {
  const objects = new Map<string, S3Object>()
  const uploads = new Map<string, Map<number, Buffer>>()
  const server = http.createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3')
    const key = decodeURIComponent(url.pathname.slice(1))
    const query = url.searchParams
    const send = (status: number, headers: Record<string, string | number>, body?: Buffer | string): void => {
      response.writeHead(status, headers)
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    const refuse = (status: number, code: string): void =>
      send(
        status,
        { 'content-type': 'application/xml' },
        `<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
      )
    if (!key.includes('/') || key.endsWith('/')) {
      const bucket = key.replace(/\/.*/s, '')
      if (request.method === 'GET')
        return send(200, { 'content-type': 'application/xml' }, listing(bucket, query))
      return send(200, {})
    }
    if (request.method === 'PUT' || request.method === 'POST') {
      const body = await wholeBody(request)
      if (body === undefined) return response.destroy() as unknown as void
      const upload = query.get('uploadId')
      if (request.method === 'POST' && query.has('uploads')) {
        const id = `upload-${uploads.size + 1}`
        uploads.set(id, new Map())
        return send(
          200,
          {},
          `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
        )
      }
      if (upload !== null && request.method === 'PUT') {
        uploads.get(upload)?.set(Number(query.get('partNumber')), body)
        return send(200, { etag: etag(body) })
      }
      const source = request.headers['x-amz-copy-source']
      const from =
        typeof source === 'string' ? objects.get(decodeURIComponent(source.replace(/^\//, ''))) : undefined
      if (source !== undefined && from === undefined) return refuse(404, 'NoSuchKey')
      const parts = [...(uploads.get(upload ?? '') ?? [])].sort(([a], [b]) => a - b).map(([, part]) => part)
      const bytes = from?.bytes ?? (upload === null ? body : Buffer.concat(parts))
      const used = [...objects.values()].reduce((sum, object) => sum + object.bytes.length, 0)
      if (used + bytes.length > room) return refuse(507, 'InsufficientStorage')
      const sum = request.headers['content-md5']
      if (sum !== undefined && from === undefined && createHash('md5').update(body).digest('base64') !== sum)
        return refuse(400, 'BadDigest')
      const kept = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'))
      objects.set(key, {
        bytes,
        modified: new Date(),
        headers: Object.fromEntries(kept) as Record<string, string>,
      })
      const result = `<LastModified>${new Date().toISOString()}</LastModified><ETag>${etag(bytes)}</ETag>`
      return send(200, { etag: etag(bytes) }, `<CopyObjectResult>${result}</CopyObjectResult>`)
    }
    const object = objects.get(key)
    if (request.method === 'DELETE') {
      objects.delete(key)
      return send(204, {})
    }
    if (!object) return refuse(404, 'NoSuchKey')
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const first = range ? Number(range[1]) : 0
    if (range && first >= object.bytes.length) return refuse(416, 'InvalidRange')
    const end =
      range && range[2] !== '' ? Math.min(Number(range[2]) + 1, object.bytes.length) : object.bytes.length
    const part = object.bytes.subarray(first, end)
    send(
      range ? 206 : 200,
      {
        'content-length': part.length,
        'last-modified': object.modified.toUTCString(),
        etag: etag(object.bytes),
        ...(range ? { 'content-range': `bytes ${first}-${end - 1}/${object.bytes.length}` } : {}),
        ...object.headers,
      },
      part,
    )
  }

  function listing(bucket: string, query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? ''
    const delimiter = query.get('delimiter') ?? ''
    const folders = new Set<string>()
    let rows = ''
    for (const [name, object] of [...objects].sort()) {
      if (!name.startsWith(`${bucket}/${prefix}`)) continue
      const key = name.slice(bucket.length + 1)
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
      if (cut >= 0) folders.add(key.slice(0, cut + 1))
      else
        rows += `<Contents><Key>${key}</Key><LastModified>${object.modified.toISOString()}</LastModified><ETag>${etag(object.bytes)}</ETag><Size>${object.bytes.length}</Size></Contents>`
    }
    for (const folder of folders) rows += `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`
    return `<ListBucketResult><Name>${bucket}</Name><IsTruncated>false</IsTruncated>${rows}</ListBucketResult>`
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    objects,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const etag = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`

/** Undefined if the connection broke: then nothing is stored. */
async function wholeBody(request: http.IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of request) pieces.push(piece as Buffer)
  } catch {
    return undefined
  }
  return request.complete ? Buffer.concat(pieces) : undefined
}
