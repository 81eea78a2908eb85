import type { Catalog, KeptModel } from "@archipel/core"
import { addForeignKey, createIndex, createTable } from "../schema/ddl.ts"
import { desiredSchema } from "../schema/desired-schema.ts"
import { adoptedTablesSql } from "./table-sql.ts"

/** The comments by which Archipel knows what it made: of no use without it. */
const isMark = (sql: string): boolean => sql.startsWith("comment on")

/**
 * The tables of a service as statements that any PostgreSQL runs in this order, without anything of the framework: its own tables,
 * its marks, and the indexes of searches, which need its functions.
 */
export function serviceSql(catalog: Catalog, service: string, kept: readonly KeptModel[] = []): string[] {
  const own = desiredSchema(catalog, service, kept).tables.filter(({ framework }) => !framework)
  const adopted = [...catalog.models.values()].filter((model) => model.service === service && model.adopted)
  const statements = [
    ...adoptedTablesSql(adopted),
    ...own.flatMap((table) => createTable(table)),
    ...own.flatMap((table) =>
      table.indexes.filter(({ method }) => method !== "trigram").flatMap((index) => createIndex(table, index)),
    ),
    ...own.flatMap((table) => table.foreignKeys.flatMap((key) => addForeignKey(table, key))),
  ]
  return statements.filter((sql) => !isMark(sql))
}
