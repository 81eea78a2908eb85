/**
 * A database in the middle of a migration, as types for its `data.ts`.
 *
 * @module
 */
import { pascalCase } from "./pascal-case.ts"
import type { ColumnSchema } from "../schema/structure.ts"
import { matchSnapshots } from "./match.ts"
import type { SchemaSnapshot } from "./snapshot.ts"

const types: readonly (readonly [RegExp, string])[] = [
  [/^(?:text|uuid|bigint|numeric|date|timestamp)/, "string"],
  [/^integer$/, "number"],
  [/^boolean$/, "boolean"],
]

const typeOf = ({ type, nullable }: ColumnSchema): string => {
  const found = types.find(([pattern]) => pattern.test(type))?.[1]
  return found === undefined ? "unknown" : nullable ? `${found} | null` : found
}

/** `tables.ts`: the columns of both releases, those that are new without a value yet. */
export function tablesText(name: string, old: SchemaSnapshot, next: SchemaSnapshot): string {
  const matched = matchSnapshots(old, next)
  const tables = new Map<string, ReadonlyMap<string, string>>()
  for (const table of [...matched.added, ...matched.removed])
    tables.set(table.name, new Map(table.columns.map((column) => [column.name, typeOf(column)])))
  for (const pair of matched.pairs) {
    const columns = new Map(pair.old.columns.map((column) => [column.name, typeOf(column)]))
    for (const column of pair.next.columns)
      if (!columns.has(column.name))
        columns.set(column.name, typeOf({ ...column, nullable: column.default === undefined || column.nullable }))
    tables.set(pair.next.name, columns)
  }
  const key = (word: string): string => (/^[A-Za-z_$][\w$]*$/.test(word) ? word : JSON.stringify(word))
  const interfaces = [...tables].map(
    ([table, columns]) =>
      `export interface ${pascalCase(table)} {\n${[...columns].map(([column, type]) => `  ${key(column)}: ${type}\n`).join("")}}`,
  )
  const all = [...tables.keys()].map((table) => `  ${key(table)}: ${pascalCase(table)}\n`).join("")
  return `/** The tables while ${name} runs: the columns of both releases. Written by \`archipel migrate plan\`. */\nexport interface Tables {\n${all}}\n\n${interfaces.join("\n\n")}\n`
}

/** `data.ts` to begin with. */
export const dataText = (): string => `import { dataMigration } from "@archipel/server/migrate"
import type { Tables } from "./tables.ts"

/** Called again until it returns undefined; each call is a transaction, and goes on where the one before stopped. */
export default dataMigration<Tables>(async ({ db, after, limit }) => {
  void [db, after, limit]
  return undefined
})
`
