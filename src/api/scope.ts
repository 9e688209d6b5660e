/**
 * The rights of a caller. Each scope includes those before it. `metrics` gives the metrics alone. `socket` is
 * the command line.
 */
const scopes = ['anyone', 'metrics', 'read', 'run', 'admin', 'socket'] as const
export type Scope = (typeof scopes)[number]

export const allows = (given: Scope, needed: Scope): boolean =>
  scopes.indexOf(given) >= scopes.indexOf(needed)
