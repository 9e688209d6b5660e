/**
 * Reads the types in src/cli/json-objects.ts with the TypeScript compiler: the shape of every line of
 * `--json`.
 */

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  API,
  type Checker,
  type Project,
  type Symbol,
  SymbolFlags,
  type Type,
  TypeFlags,
  type UnionType,
} from 'typescript/unstable/sync'
import { snakeName } from '../../src/cli/json-lines.ts'

export type Shape =
  | { readonly kind: 'number' | 'string' | 'boolean' | 'null' }
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'object'; readonly fields: readonly Field[] }
  | { readonly kind: 'union'; readonly of: readonly Shape[] }

export interface Field {
  readonly name: string
  readonly optional: boolean
  /** Its doc comment; empty without one. */
  readonly text: string
  readonly shape: Shape
}

/** A line: `type`, its meaning and its fields. */
export interface Line {
  readonly type: string
  readonly text: string
  readonly fields: readonly Field[]
}

/** By command; '' is for the lines of every command. */
export type JsonShapes = ReadonlyMap<string, readonly Line[]>

const root = fileURLToPath(new URL('../..', import.meta.url))

export function jsonShapes(): JsonShapes {
  const api = new API({ cwd: root })
  try {
    const config = path.join(root, 'tsconfig.build.json')
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects() as [Project]
    return new Reader(project).shapes()
  } finally {
    api.close()
  }
}

class Reader {
  readonly #project: Project
  readonly #checker: Checker

  constructor(project: Project) {
    this.#project = project
    this.#checker = project.checker
  }

  shapes(): JsonShapes {
    const source = this.#project.program.getSourceFile(path.join(root, 'src/cli/json-objects.ts'))
    if (!source) throw new Error('src/cli/json-objects.ts is missing')
    const module = this.#checker.getSymbolAtLocation(source) as Symbol
    const all = this.#checker.getExportsOfModule(module).find(({ name }) => name === 'JsonObjects') as Symbol
    const commands = this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(all))
    return new Map(commands.map((command) => [command.name, this.#lines(command)]))
  }

  #lines(command: Symbol): Line[] {
    return this.#properties(this.#typeOf(command)).map((line) => ({
      type: line.name,
      text: this.#comment(line),
      fields: this.#fields(this.#typeOf(line)),
    }))
  }

  #fields(type: Type): Field[] {
    return this.#properties(type).map((property) => ({
      name: snakeName(property.name),
      optional: (property.flags & SymbolFlags.Optional) !== 0,
      text: this.#comment(property),
      shape: this.#shape(this.#typeOf(property)),
    }))
  }

  #shape(type: Type): Shape {
    if (type.flags & TypeFlags.Boolean) return { kind: 'boolean' }
    if (type.flags & TypeFlags.Number) return { kind: 'number' }
    if (type.flags & TypeFlags.String) return { kind: 'string' }
    if (type.flags & TypeFlags.Null) return { kind: 'null' }
    if (type.isStringLiteralType()) return { kind: 'literal', value: type.value }
    if (type.isUnionType()) return this.#union(type)
    const element = this.#elementOf(type)
    if (element) return { kind: 'list', of: this.#shape(element) }
    const fields = this.#fields(type)
    if (fields.length === 0) throw new Error(`a type without a shape: ${this.#checker.typeToString(type)}`)
    return { kind: 'object', fields }
  }

  /** Without `undefined`, which JSON leaves out; true and false are a boolean. */
  #union(type: UnionType): Shape {
    const parts = type.getTypes().filter(({ flags }) => (flags & TypeFlags.Undefined) === 0)
    const isLogical = ({ flags }: Type): boolean => (flags & TypeFlags.BooleanLiteral) !== 0
    const shapes: Shape[] = parts.filter((part) => !isLogical(part)).map((part) => this.#shape(part))
    if (parts.some(isLogical)) shapes.push({ kind: 'boolean' })
    return shapes.length === 1 ? (shapes[0] as Shape) : { kind: 'union', of: shapes }
  }

  #elementOf(type: Type): Type | undefined {
    if (!this.#checker.isArrayType(type)) return undefined
    return this.#checker.getTypeArguments(type as Parameters<Checker['getTypeArguments']>[0])[0]
  }

  #properties(type: Type): readonly Symbol[] {
    return this.#checker.getPropertiesOfType(type)
  }

  #typeOf(symbol: Symbol): Type {
    return this.#checker.getTypeOfSymbol(symbol) as Type
  }

  #comment(symbol: Symbol): string {
    return symbol.getDocumentationComment(this.#checker).replaceAll(/\s+/g, ' ').trim()
  }
}
