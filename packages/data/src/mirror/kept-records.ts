/**
 * What a service keeps of another's records, and how far it has come.
 *
 * @module
 */
import type { ColumnMember, KeptModel } from "@archipel/core"
import { createHash } from "node:crypto"
import type { Database, Queryable } from "../postgres/database.ts"
import type { Transaction, TransactionOptions } from "../postgres/transaction.ts"
import { columnType } from "../schema/column-schema.ts"
import { identifier, valueType } from "../sql/statement-builder.ts"

/** What is kept of one other service. */
export interface Keeping {
  /** The service that keeps it. */
  readonly service: string
  readonly owner: string
  readonly kept: readonly KeptModel[]
  /** Names what is kept and where; another set of fields, or tables made anew, have another one. */
  readonly fields: string
}

export interface KeepingState {
  /** The owner's; null before the first page. */
  readonly cursor: string | null
  /** ISO 8601; null until all of it has come once. */
  readonly asOf: string | null
}

/** Records as the owner gave them: fields by name, with their `id`. */
export interface RecordsToKeep {
  readonly records: readonly Readonly<Record<string, unknown>>[]
  /** Ids of records that are not there any more. */
  readonly gone: readonly string[]
  /** In this range of ids, the first excluded, there are these records and no others; null is either end. */
  readonly range?: { readonly after: string | null; readonly upTo: string | null }
}

/** Prepares to keep records of one service, where the tables are there. One statement. */
export async function keepingOf(
  database: Queryable,
  service: string,
  owner: string,
  kept: readonly KeptModel[],
): Promise<Keeping> {
  const tables = await database.text(
    { text: "select json_agg(to_regclass(quote_ident(name))::oid::text)::text from unnest($1::text[]) as name" },
    [kept.map(({ table }) => table)],
  )
  const columns = kept.map(({ model, columns: some, table }) => [
    model.name,
    table,
    some.map((member) => [member.name, columnType(member)]),
  ])
  const fields = createHash("sha256")
    .update(JSON.stringify([columns, tables]))
    .digest("base64url")
    .slice(0, 22)
  await database.query(
    { text: "insert into archipel.mirrors (service, owner, fields) values ($1, $2, $3) on conflict do nothing" },
    [service, owner, fields],
  )
  return { service, owner, kept, fields }
}

const STATE = `select cursor, to_char(as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
from archipel.mirrors where service = $1 and owner = $2 and fields = $3`
const statements = {
  look: { name: "archipel_mirror", text: STATE },
  move: { name: "archipel_mirror_for_update", text: `${STATE} for update` },
}

/**
 * How far it has come: one statement.
 *
 * @param purpose To `move` it in this transaction: until its end nobody else does, by hand neither.
 */
export async function keepingState(
  on: Queryable,
  { service, owner, fields }: Keeping,
  purpose: keyof typeof statements = "look",
): Promise<KeepingState> {
  const [cursor = null, asOf = null] = (await on.cells(statements[purpose], [service, owner, fields])) ?? []
  return { cursor, asOf }
}

/**
 * Runs `run` in a transaction, unless another process on the database is at what is kept of this owner: that one is not waited for.
 * From the look at the cursor to the commit nobody else moves it.
 *
 * @returns what `run` returned; undefined if it did not run
 */
export function whileKeeping<Result>(
  database: Database,
  { owner }: Keeping,
  run: (tx: Transaction) => Promise<Result>,
  options: TransactionOptions,
): Promise<Result | undefined> {
  return database.transaction(async (tx) => {
    const mine = await tx.text(
      { name: "archipel_mirror_lock", text: "select pg_try_advisory_xact_lock(hashtext($1))::text" },
      [`archipel.mirror ${owner}`],
    )
    return mine === "true" ? run(tx) : undefined
  }, options)
}

/** Writes down how far it has come. */
export async function moveKeeping(
  tx: Queryable,
  { service, owner, fields }: Keeping,
  { cursor, asOf }: KeepingState,
): Promise<void> {
  await tx.query(
    {
      name: "archipel_mirror_move",
      text: "update archipel.mirrors set cursor = $4, as_of = $5::timestamptz where service = $1 and owner = $2 and fields = $3",
    },
    [service, owner, fields, cursor, asOf],
  )
}

/** Writes what has come of one model: three statements at most, sent together. What is as it was is not written. */
export async function keepRecords(
  tx: Queryable,
  { model, columns, table }: KeptModel,
  { records, gone, range }: RecordsToKeep,
): Promise<void> {
  const sent: Promise<unknown>[] = []
  const into = identifier(table)
  if (range) {
    const text = `delete from ${into} where ($1::uuid is null or id > $1::uuid) and ($2::uuid is null or id <= $2::uuid) and id <> all($3::uuid[])`
    sent.push(tx.query({ text }, [range.after, range.upTo, records.map(({ id }) => id)]))
  }
  if (gone.length > 0) sent.push(tx.query({ text: `delete from ${into} where id = any($1::uuid[])` }, [gone]))
  if (records.length > 0) {
    const all = [model.members.get("id") as ColumnMember, ...columns]
    const names = all.map((member) => identifier(member.columnName))
    const given = all.map((member) => `${identifier(member.name)} ${valueType(member)}`)
    const others = names.slice(1)
    const taken = all.map((member) => `r.${identifier(member.name)}`)
    const update =
      others.length === 0
        ? "nothing"
        : `update set ${others.map((name) => `${name} = excluded.${name}`).join(", ")} where (${others.map((name) => `k.${name}`).join(", ")}) is distinct from (${others.map((name) => `excluded.${name}`).join(", ")})`
    const text = `insert into ${into} as k (${names.join(", ")}) select ${taken.join(", ")} from jsonb_to_recordset($1::jsonb) as r(${given.join(", ")}) order by r.id on conflict (id) do ${update}`
    sent.push(tx.query({ text }, [JSON.stringify(records)]))
  }
  await Promise.all(sent)
}

/** Throws away all that is kept, and how far it had come: also for other releases, which have it in the same tables. */
export async function forgetKept(tx: Queryable, { owner, kept }: Keeping): Promise<void> {
  await Promise.all([
    ...kept.map(({ table }) => tx.query({ text: `delete from ${identifier(table)}` })),
    tx.query({ text: "update archipel.mirrors set cursor = null, as_of = null where owner = $1" }, [owner]),
  ])
}
