/** Light or dark: as the system, until somebody chooses. */

import { signal } from '@preact/signals'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const key = 'butcher-theme'

const saved = (): Theme => {
  try {
    return themes.find((name) => name === localStorage.getItem(key)) ?? 'system'
  } catch {
    return 'system'
  }
}

export const theme = signal<Theme>(saved())

const show = (): void => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  show()
  try {
    localStorage.setItem(key, chosen)
  } catch {
    // A browser without storage keeps the choice until the page is closed.
  }
}

show()
