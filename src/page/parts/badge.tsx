import { Icon, type IconName } from './icon.tsx'

type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'still'

const looks: Readonly<Record<string, readonly [Tone, IconName, string?]>> = {
  ok: ['good', 'check'],
  running: ['busy', 'jobs'],
  queued: ['busy', 'clock'],
  partial: ['warn', 'warning'],
  late: ['warn', 'clock'],
  failed: ['bad', 'cross'],
  interrupted: ['bad', 'cross'],
  stopped: ['still', 'stop'],
  skipped: ['still', 'right'],
  paused: ['still', 'pause'],
  disabled: ['bad', 'cross'],
  absent: ['warn', 'warning'],
  never: ['still', 'clock', 'not run yet'],
}

/** A state by colour, shape and word. */
export function Badge({ state }: { readonly state: string }) {
  const [tone, icon, word] = looks[state] ?? ['still', 'info']
  return (
    <span class={`badge ${tone}`}>
      <Icon name={icon} />
      {word ?? state}
    </span>
  )
}
