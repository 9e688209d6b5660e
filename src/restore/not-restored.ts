/** Why a path was not restored. Trouble with one path: the run goes on. */
export class NotRestored extends Error {}
