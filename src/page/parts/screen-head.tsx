import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'

/** The heading of a screen, and its buttons. */
export function ScreenHead({
  title,
  intro,
  children,
}: {
  readonly title: string
  readonly intro?: ComponentChildren
  readonly children?: ComponentChildren
}) {
  useEffect(() => {
    document.title = `${title} – butcher`
  }, [title])
  return (
    <div class="head">
      <div>
        <h1 dir="auto">{title}</h1>
        {intro && <p>{intro}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </div>
  )
}
