/** The page's own door: sessions, and the port itself. */

import { flag, optional, type Kind, needed } from '../options/check-fields.ts'
import { ApiError } from './api-error.ts'
import { checkedBody } from './checked-body.ts'
import { ok } from './answer.ts'
import type { Route } from './route.ts'
import { hasPassword } from './web-access.ts'
import { webSettings } from './web-server.ts'

const aPassword: Kind = {
  expected: 'a password',
  fits: (value) => typeof value === 'string',
  isSecret: true,
}

const aPort: Kind = {
  expected: 'a port from 1 to 65535',
  fits: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535,
}

export const sessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'session',
    scope: 'anyone',
    summary: 'tell whether the caller is logged in',
    answer: '`{scope, password_set, expires}`; 401 for a caller who is not',
    handle: ({ scope, session }) => {
      if (scope === 'anyone')
        throw new ApiError(401, 'login', 'you are not logged in', {
          hint: hasPassword() ? 'log in with the password' : 'butcher web prints a link',
        })
      return ok({
        scope,
        password_set: hasPassword(),
        expires: session === undefined ? null : new Date(session.expires).toISOString(),
      })
    },
  },
  {
    method: 'POST',
    path: 'login',
    scope: 'anyone',
    summary: 'begin a session with the password; the answer sets a cookie',
    body: '`{password}`',
    answer: '`{scope}`; 401 for a wrong password, 429 with Retry-After after several',
    handle: async (request, { sessions, web, logins }) => {
      const { password } = checkedBody<{ readonly password: string }>(request, {
        password: needed(aPassword),
      })
      await logins.check(password)
      return ok({ scope: 'admin' }, { 'set-cookie': web.cookie(sessions.begin()) })
    },
  },
  {
    method: 'POST',
    path: 'logout',
    scope: 'anyone',
    summary: 'end the session',
    answer: '`{}`',
    handle: ({ session }, { sessions, web }) => {
      if (session) sessions.end(session.hash)
      return ok({}, { 'set-cookie': web.cookie('') })
    },
  },
  {
    method: 'POST',
    path: 'web',
    scope: 'socket',
    summary: 'open the port of the page, and make a link that begins a session once, within a minute',
    body: '`{port, end_sessions}`; both may be left out',
    answer: '`{url, seconds, port, bind}`',
    handle: async (request, { web, sessions }) => {
      const given = checkedBody<{ readonly port?: number; readonly end_sessions?: boolean }>(request, {
        port: optional(aPort),
        end_sessions: optional(flag),
      })
      if (given.end_sessions === true) sessions.endAll()
      const open = await web.start(webSettings(given.port === undefined ? {} : { port: given.port }))
      return ok({ ...web.link(), ...open })
    },
  },
  {
    method: 'DELETE',
    path: 'web',
    scope: 'socket',
    summary: 'close the port of the page, and end all sessions',
    answer: '`{}`',
    handle: (_, { web, sessions }) => {
      web.stop()
      sessions.endAll()
      return ok({})
    },
  },
]
