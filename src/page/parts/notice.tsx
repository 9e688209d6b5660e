import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api.ts'
import { connection } from '../live.ts'
import { Icon, type IconName } from './icon.tsx'

const icons: Readonly<Record<string, IconName>> = {
  bad: 'warning',
  warn: 'warning',
  good: 'check',
  info: 'info',
}

export const Notice = ({
  tone,
  children,
}: {
  readonly tone: 'bad' | 'warn' | 'good' | 'info'
  readonly children: ComponentChildren
}) => (
  <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    <Icon name={icons[tone] as IconName} />
    <div>{children}</div>
  </div>
)

/** Nothing while the daemon is lost: a banner says so. */
export const ErrorNotice = ({ error }: { readonly error: ApiError | undefined }) =>
  error === undefined || (error.code === 'network' && connection.value === 'lost') ? null : (
    <Notice tone="bad">
      {error.message}
      {error.hint === null ? '' : ` (${error.hint})`}
    </Notice>
  )

/** The place of a list that has nothing in it. */
export const Empty = ({
  icon,
  title,
  children,
}: {
  readonly icon: IconName
  readonly title: string
  readonly children?: ComponentChildren
}) => (
  <div class="card empty">
    <Icon name={icon} />
    <h2>{title}</h2>
    {children}
  </div>
)
