/** The logic of index.html, which runs in a browser and so is no TypeScript. */
declare module '*/assets/index-page/tree.js' {
  export interface Rows {
    readonly path: string[]
    readonly type: string[]
    readonly size: (number | null)[]
    readonly time: number[]
    readonly discs: (number | string | null)[]
    readonly first: number[]
    readonly last: number[]
    readonly link: Map<number, string>
  }
  export interface Tree {
    readonly row: number[]
    readonly parent: number[]
    readonly name: string[]
    readonly path: string[]
    readonly children: (number[] | null)[]
    readonly files: number[]
    readonly bytes: number[]
  }
  export function readRows(lines: readonly string[]): Rows
  export function discNumbers(discs: number | string | null): number[]
  export function makeTree(rows: Rows, backup: number): Tree
  export function childrenOf(tree: Tree, node: number): number[]
  export function discsBelow(rows: Rows, tree: Tree, node: number): number[]
  export function showNumbers(numbers: readonly number[]): string
  export function visibleNodes(tree: Tree, open: ReadonlySet<number>): { node: number; depth: number }[]
  export function search(tree: Tree, query: string): number[]
  export function versionsOf(rows: Rows, row: number): number[]
  export function showSize(bytes: number): string
  export function showTime(seconds: number): string
  export function showText(text: string): string
}
