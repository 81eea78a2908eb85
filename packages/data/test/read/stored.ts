import type { Database } from "@archipel/data"
import type { Dataset, ResolvedModel } from "@archipel/core"

/** Empties the tables of these models and fills them with the records of a dataset. */
export async function store(database: Database, models: readonly ResolvedModel[], dataset: Dataset): Promise<void> {
  const links = models.flatMap(({ lists }) => lists.flatMap((l) => (l.kind === "manyToMany" && l.declaring ? [l] : [])))
  const tables = [...links.map(({ linkTable }) => linkTable), ...models.map(({ table }) => table)]
  await database.transaction(async (tx) => {
    await tx.query({ text: `truncate ${tables.map((table) => `"${table}"`).join(", ")}` })
    for (const model of models) {
      const rows = dataset.records(model.name).map((record) => {
        return Object.fromEntries(model.columns.map(({ name, columnName }) => [columnName, record[name] ?? null]))
      })
      const text = `insert into "${model.table}" select * from jsonb_populate_recordset(null::"${model.table}", $1)`
      await tx.query({ text }, [JSON.stringify(rows)])
    }
    for (const link of links) {
      for (const record of dataset.records(link.model.name)) {
        const text = `insert into "${link.linkTable}" ("${link.ownColumns[0]}", "${link.targetColumns[0]}") select $1::uuid, unnest($2::uuid[])`
        await tx.query({ text }, [record["id"], record[link.name]])
      }
    }
  })
}
