/** Why a path was not restored. Only this path fails: the run continues. */
export class NotRestored extends Error {}
