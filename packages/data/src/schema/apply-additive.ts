/**
 * Brings a service's database to its contract when the service starts.
 *
 * @module
 */
import { ArchipelError, type Catalog, type KeptModel } from "@archipel/core"
import { createHash } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import type { Database, Queryable } from "../postgres/database.ts"
import { sqlState } from "../postgres/sql-state.ts"
import { compareAdopted } from "./adopted-tables.ts"
import { desiredSchema } from "./desired-schema.ts"
import { introspect, isMissing } from "./introspect.ts"
import { type PlannedStatement, planAdditive, type SchemaRefusal } from "./plan-additive.ts"
import { type ActualSchema, type DatabaseSchema, FRAMEWORK_SCHEMA } from "./structure.ts"

export interface AppliedSchema {
  /** Of the contract's structure; the same for the same structure, on every machine. */
  readonly revision: string
  /** What was run; nothing if the database was up to date. */
  readonly statements: readonly string[]
  /** What the database got from a later contract, where this program's is an earlier one: a migration's name, or a revision. */
  readonly newerDatabase?: string
}

export interface AdditiveOptions {
  /**
   * `check` makes tables only where the service has none, and refuses to go on where anything else would have to be changed: a database
   * in production changes by migrations alone. Default "apply".
   */
  readonly mode?: "apply" | "check"
}

/** Bounds the wait for another process that does the same, and for long transactions on the tables. */
const LOCK_TIMEOUT_MS = 10_000
const LOCK_POLL_MS = 100
/** New indexes on large tables take their time. */
const DEADLINE_MS = 600_000
/** Of these a program may still be running while a newer one has changed the database. */
const KNOWN_REVISIONS = 100
/** A constraint that the rows there do not satisfy. */
const isViolation = (state: string | undefined): state is string => state?.startsWith("23") ?? false

/** A hash of everything that `desiredSchema` says. */
export const schemaRevision = (schema: DatabaseSchema): string =>
  createHash("sha256").update(JSON.stringify(schema)).digest("hex").slice(0, 32)

/**
 * Makes what is missing, in one transaction: all or nothing. One query if the database has this revision already;
 * changes by hand since then are not noticed then (`checkSchema` finds them). Processes that start at once wait for the
 * first of them. A program of an earlier contract starts as it is on a database that a later one has extended, and beside a migration
 * until its contract phase.
 *
 * @param kept What the service keeps of other services' records.
 * @throws `schema.refused` — something would need a decision; nothing was done. Lists every such thing.
 * @throws `schema.newer` — a migration of a later contract took away what this one needs.
 * @throws `schema.pending` — in the mode `check`, something would have to be changed.
 * @throws `database.busy` — a table, another start or a migration was locked for 10 s.
 */
export async function applyAdditive(
  database: Database,
  catalog: Catalog,
  service: string,
  kept: readonly KeptModel[] = [],
  { mode = "apply" }: AdditiveOptions = {},
): Promise<AppliedSchema> {
  const desired = desiredSchema(catalog, service, kept)
  const revision = schemaRevision(desired)
  const nothing = { revision, statements: [] }
  await assertAdopted(database, catalog, service)
  if ((await appliedRevisions(database, service, 1)).includes(revision)) return nothing
  return whenFree(database, async (tx) => {
    const actual = await introspect(tx)
    const migration = await lastMigration(tx, service, actual)
    if (migration?.beside.includes(revision)) return { ...nothing, newerDatabase: migration.name }
    const applied = hasFrameworkTable(actual, "revisions") ? await appliedRevisions(tx, service, KNOWN_REVISIONS) : []
    if (applied[0] === revision) return nothing
    const { statements, refused } = planAdditive(desired, actual)
    const isUsable = refused.every(({ isLaxer }) => isLaxer) && !statements.some(({ isNeeded }) => isNeeded)
    if (applied.includes(revision) && isUsable)
      return { ...nothing, newerDatabase: migration?.name ?? `revision ${applied[0]}` }
    const missing = [
      ...refused.map(({ what, why }) => `${what}: ${why}`),
      ...new Set(statements.map(({ what }) => `${what} is not there`)),
    ]
    if (applied.includes(revision) && migration !== undefined)
      throw new ArchipelError("schema.newer", { service, migration: migration.name, missing })
    if (mode === "check" && missing.length > 0 && hasTables(actual, service))
      throw new ArchipelError("schema.pending", { service, missing })
    if (refused.length > 0) throw new ArchipelError("schema.refused", { service, refused })
    await run(tx, service, statements)
    const done = statements.map(({ sql }) => sql)
    await tx.query(
      { text: `insert into ${FRAMEWORK_SCHEMA}.revisions (service, revision, statements) values ($1, $2, $3)` },
      [service, revision, JSON.stringify(done)],
    )
    return { revision, statements: done }
  })
}

/**
 * Runs in a transaction while nobody else changes the schema: of the whole database, since services that share it also share the
 * framework's tables. Asks again and again instead of waiting in the database, where whoever builds an index waits for those who wait.
 */
async function whenFree<Result>(database: Database, run: (tx: Queryable) => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + LOCK_TIMEOUT_MS
  for (;;) {
    const done = await database.transaction(
      async (tx) => {
        await tx.query({ text: `set local lock_timeout = ${LOCK_TIMEOUT_MS}` })
        const mine = await tx.text({ text: "select pg_try_advisory_xact_lock(hashtext('archipel.schema'))::text" })
        return mine === "true" ? { result: await run(tx) } : undefined
      },
      { deadlineMs: DEADLINE_MS, statementTimeoutMs: DEADLINE_MS },
    )
    if (done !== undefined) return done.result
    if (Date.now() > deadline) throw new ArchipelError("database.busy", { retryAfterSeconds: LOCK_TIMEOUT_MS / 1000 })
    await delay(LOCK_POLL_MS)
  }
}

const hasFrameworkTable = (actual: ActualSchema, table: string): boolean =>
  actual.tables.some(({ framework, name }) => framework && name === table)

const hasTables = (actual: ActualSchema, service: string): boolean =>
  actual.tables.some(({ framework, source }) => !framework && source?.startsWith(`${service}.`))

/** The newest migration, and until its contract phase the revisions that work beside it: those since the one before was expanded. */
async function lastMigration(
  tx: Queryable,
  service: string,
  actual: ActualSchema,
): Promise<{ readonly name: string; readonly beside: readonly string[] } | undefined> {
  if (!hasFrameworkTable(actual, "migrations") || !hasFrameworkTable(actual, "revisions")) return undefined
  const cells = await tx.cells(
    {
      text: `select m.name, (
          select json_agg(r.revision)::text from ${FRAMEWORK_SCHEMA}.revisions r
          where r.service = $1 and m.contracted_at is null and r.at >= coalesce((
            select max(expanded_at) from ${FRAMEWORK_SCHEMA}.migrations where service = $1 and contracted_at is not null), '-infinity'))
        from ${FRAMEWORK_SCHEMA}.migrations m where m.service = $1 order by m.number desc limit 1`,
    },
    [service],
  )
  return cells === null ? undefined : { name: cells[0] ?? "", beside: JSON.parse(cells[1] ?? "[]") as string[] }
}

/**
 * Adopted tables are left as they are; only in a database without any of them, as one for development or a test, they are made.
 *
 * @throws `schema.refused`
 */
async function assertAdopted(database: Database, catalog: Catalog, service: string): Promise<void> {
  const { missing, refused } = await compareAdopted(database, catalog, service)
  if (refused.length > 0) throw new ArchipelError("schema.refused", { service, refused })
  if (missing.length === 0) return
  await whenFree(database, async (tx) => {
    const now = await compareAdopted(tx, catalog, service)
    for (const sql of now.missing) await tx.query({ text: sql })
  })
}

/** How the database differs from the contract by now, also by what was done by hand. Changes nothing. */
export async function checkSchema(
  database: Queryable,
  catalog: Catalog,
  service: string,
): Promise<{ readonly missing: readonly string[]; readonly refused: readonly SchemaRefusal[] }> {
  const { statements, refused } = planAdditive(desiredSchema(catalog, service), await introspect(database))
  const adopted = await compareAdopted(database, catalog, service)
  return {
    missing: [...adopted.missing, ...statements.map(({ sql }) => sql)],
    refused: [...adopted.refused, ...refused],
  }
}

/** The newest first. */
async function appliedRevisions(database: Queryable, service: string, limit: number): Promise<readonly string[]> {
  try {
    const answer = await database.text(
      {
        text: `select json_agg(revision)::text from
          (select revision from ${FRAMEWORK_SCHEMA}.revisions where service = $1 order by id desc limit $2) newest`,
      },
      [service, limit],
    )
    return answer === null ? [] : (JSON.parse(answer) as string[])
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Sends all at once; the first failure is the cause of all others. */
async function run(database: Queryable, service: string, statements: readonly PlannedStatement[]): Promise<void> {
  const outcomes = await Promise.allSettled(statements.map(({ sql }) => database.query({ text: sql })))
  const failed = outcomes.findIndex(({ status }) => status === "rejected")
  const outcome = outcomes[failed]
  if (outcome?.status !== "rejected") return
  const what = statements[failed]?.what ?? service
  if (!isViolation(sqlState(outcome.reason))) throw outcome.reason
  throw new ArchipelError(
    "schema.refused",
    {
      service,
      refused: [
        {
          what,
          why: "rows that are there do not satisfy it",
          hint: "Correct these rows (for a unique field: those with equal values; for a reference: those whose target is missing) and start again.",
        },
      ],
    },
    { cause: outcome.reason },
  )
}
