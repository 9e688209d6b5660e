/** Channels in use: a test message. */

import { systemText } from '../errors.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { testChannel } from '../jobs/tell-channels.ts'
import { ok } from './answer.ts'
import { ApiError } from './api-error.ts'
import { existing } from './existing-definition.ts'
import { param, type Route } from './route.ts'

export const channelRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'channels/{name}/test',
    // It runs a command, or sends a request from this machine.
    scope: 'admin',
    summary: 'send a test message to a channel',
    answer: '`{sent}`: the name of the channel; 502 with the reason if it failed',
    handle: async (request) => {
      const all = readDefinitions()
      const channel = existing(all, 'channel', param(request, 'name'))
      try {
        await testChannel(channel, all)
      } catch (error) {
        throw new ApiError(502, 'io', systemText(error))
      }
      return ok({ sent: channel.name })
    },
  },
]
