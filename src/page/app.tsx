/** The page of the daemon: navigation, banners, and one screen at a time. */

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { get, loginWanted } from './api.ts'
import type { DaemonInfo } from './api-types.ts'
import { Banners } from './banners.tsx'
import { goLive } from './live.ts'
import { Icon, type IconName } from './parts/icon.tsx'
import { Toast } from './parts/toast.tsx'
import { address, route } from './route.ts'
import { followRuns } from './running.ts'
import { BackupScreen } from './screens/backup.tsx'
import { Backups } from './screens/backups.tsx'
import { Channels } from './screens/channels.tsx'
import { Items } from './screens/items.tsx'
import { JobScreen } from './screens/job.tsx'
import { Jobs } from './screens/jobs.tsx'
import { Login } from './screens/login.tsx'
import { Overview } from './screens/overview.tsx'
import { RunScreen } from './screens/run.tsx'
import { Runs } from './screens/runs.tsx'
import { Schedules } from './screens/schedules.tsx'
import { Status } from './screens/status.tsx'
import { Stores } from './screens/stores.tsx'
import { Vaults } from './screens/vaults.tsx'
import { chooseTheme, type Theme, theme, themes } from './theme.ts'
import { zone } from './words.ts'

interface Entry {
  readonly name: string
  readonly icon: IconName
  readonly title: string
  readonly screen: ComponentType
  /** The screen of one of its entries, `#/jobs/NAME`. */
  readonly one?: ComponentType<{ readonly name: string; readonly more?: string }>
}

const entries: readonly Entry[] = [
  { name: 'overview', icon: 'overview', title: 'Overview', screen: Overview },
  { name: 'jobs', icon: 'jobs', title: 'Jobs', screen: Jobs, one: JobScreen },
  { name: 'backups', icon: 'backups', title: 'Backups', screen: Backups, one: BackupScreen },
  { name: 'runs', icon: 'runs', title: 'Runs', screen: Runs, one: RunScreen },
  { name: 'items', icon: 'items', title: 'Items', screen: Items },
  { name: 'vaults', icon: 'vaults', title: 'Vaults', screen: Vaults },
  { name: 'stores', icon: 'stores', title: 'Stores', screen: Stores },
  { name: 'schedules', icon: 'schedules', title: 'Schedules', screen: Schedules },
  { name: 'channels', icon: 'channels', title: 'Channels', screen: Channels },
  { name: 'status', icon: 'status', title: 'Status', screen: Status },
]

export const App = () => (loginWanted.value ? <Login /> : <Shell />)

function Shell() {
  const [open, setOpen] = useState(false)
  useEffect(() => {
    begin()
  }, [])
  const [first = 'overview', second, third] = route.value
  const entry = entries.find(({ name }) => name === first) ?? (entries[0] as Entry)
  useEffect(() => {
    setOpen(false)
    scrollTo(0, 0)
  }, [first, second])
  const { screen: All, one: One } = entry
  return (
    <div class="shell">
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault()
          document.querySelector('main')?.focus()
        }}
      >
        Skip to the content
      </a>
      <header class={`side${open ? ' open' : ''}`}>
        <a class="brand" href={address('overview')}>
          <img src="icon.svg" alt="" />
          butcher
        </a>
        <button
          type="button"
          class="menu-button"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          <Icon name="menu" />
          Menu
        </button>
        <nav class="nav" id="navigation" aria-label="Screens">
          <ul>
            {entries.map(({ name, icon, title }) => (
              <li key={name}>
                <a href={address(name)} aria-current={name === entry.name ? 'page' : undefined}>
                  <Icon name={icon} />
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-end">
          <label class="small soft">
            Theme
            <select value={theme.value} onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}>
              {themes.map((name) => (
                <option key={name} value={name}>
                  {name === 'system' ? 'as the system' : name}
                </option>
              ))}
            </select>
          </label>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Banners />
        {One && second !== undefined ? (
          <One key={`${second}/${third}`} name={second} {...(third === undefined ? {} : { more: third })} />
        ) : (
          <All />
        )}
      </main>
      <Toast />
    </div>
  )
}

let begun = false
function begin(): void {
  if (begun) return
  begun = true
  followRuns()
  goLive()
  get<DaemonInfo>('daemon').then(
    (daemon) => {
      if (typeof daemon.zone === 'string') zone.value = daemon.zone
    },
    () => {},
  )
}
