/** All routes. Of two that fit, the first one counts. */

import { channelRoutes } from './channel-routes.ts'
import { daemonRoutes } from './daemon-routes.ts'
import { definitionRoutes } from './definition-routes.ts'
import { ignorePreviewRoute } from './ignore-preview.ts'
import { machineRoutes } from './machine-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import { restoreRoutes } from './restore-routes.ts'
import { retentionRoutes } from './retention-routes.ts'
import type { Route } from './route.ts'
import { runRoutes } from './run-routes.ts'
import { scheduleRoutes } from './schedule-routes.ts'
import { secretRoutes } from './secret-routes.ts'
import { storeRoutes } from './store-routes.ts'
import { setRoutes } from './set-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { zipRoutes } from './zip-routes.ts'

export interface RouteGroup {
  readonly title: string
  readonly routes: readonly Route[]
}

export const routeGroups: readonly RouteGroup[] = [
  { title: 'Overview', routes: overviewRoutes },
  { title: 'Stores in use', routes: storeRoutes },
  { title: 'Schedules before they are saved', routes: scheduleRoutes },
  { title: 'Channels in use', routes: channelRoutes },
  { title: 'Items before they are saved', routes: [ignorePreviewRoute] },
  { title: 'Jobs and runs', routes: runRoutes },
  { title: 'Definitions', routes: definitionRoutes },
  { title: 'Backups', routes: [...setRoutes, ...retentionRoutes, ...zipRoutes] },
  { title: 'Restores', routes: restoreRoutes },
  { title: 'Secrets', routes: secretRoutes },
  { title: 'Sessions of the page', routes: sessionRoutes },
  { title: 'Daemon', routes: daemonRoutes },
  { title: 'Machine', routes: machineRoutes },
]
