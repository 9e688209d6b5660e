/** `1 file`, `2 files`: for messages of all rooms. `showCounted` of the command line has commas. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
