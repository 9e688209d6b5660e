import type { Retention } from '../jobs/definitions.ts'

export const retentionRules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const

const words: Readonly<Record<(typeof retentionRules)[number], string>> = {
  last: 'newest',
  hourly: 'hourly',
  daily: 'daily',
  weekly: 'weekly',
  monthly: 'monthly',
  yearly: 'yearly',
}

/** `7 newest, 12 monthly`. */
export function retentionWords(retention: Retention): string {
  const kept = retentionRules.flatMap((rule) =>
    retention[rule] === undefined ? [] : [`${retention[rule]} ${words[rule]}`],
  )
  return kept.length === 0 ? 'all backups' : kept.join(', ')
}
