import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { parseSync } from "oxc-parser"

/** A node of the syntax tree (ESTree with TypeScript), with its place in the text. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [property: string]: unknown
}

/** A source file with its syntax tree. */
export interface TypeScriptFile {
  readonly path: string
  readonly text: string
  readonly program: SyntaxNode
  /** The first syntax error, if there is one; the tree is then not to be trusted. */
  readonly error: { readonly message: string; readonly offset: number } | undefined
}

export function readTypeScript(path: string, text: string = readFileSync(path, "utf8")): TypeScriptFile {
  const { program, errors } = parseSync(path, text)
  const [first] = errors
  return {
    path,
    text,
    program: program as unknown as SyntaxNode,
    error: first && { message: first.message, offset: first.labels[0]?.start ?? 0 },
  }
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string"

/** All nodes below and including `node`, outer ones first. */
export function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield* nodesOf(item)
    } else if (isNode(value)) yield* nodesOf(value)
  }
}

export const stringOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined

/** The arguments of a call of the function `name`; undefined for everything else. */
export function argumentsOf(node: SyntaxNode, name: string): readonly SyntaxNode[] | undefined {
  if (node.type !== "CallExpression") return undefined
  const callee = node["callee"] as SyntaxNode
  return callee.type === "Identifier" && callee["name"] === name
    ? (node["arguments"] as readonly SyntaxNode[])
    : undefined
}

/** The property `name` of an object literal. */
export function propertyOf(object: SyntaxNode | undefined, name: string): SyntaxNode | undefined {
  if (object?.type !== "ObjectExpression") return undefined
  return (object["properties"] as readonly SyntaxNode[]).find((property) => {
    const key = property["key"] as SyntaxNode | undefined
    return property.type === "Property" && (key?.["name"] === name || key?.["value"] === name)
  })
}

/** The value of the property `name` of an object literal. */
export const valueOf = (object: SyntaxNode | undefined, name: string): SyntaxNode | undefined =>
  propertyOf(object, name)?.["value"] as SyntaxNode | undefined

/** Line of an offset, from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length

/** "services/tasks/contract.ts:12", relative to the working directory where that is shorter. */
export function placeOf(path: string, line: number): string {
  const near = relative(process.cwd(), path)
  return `${near.startsWith("../../..") ? path : near}:${line}`
}
