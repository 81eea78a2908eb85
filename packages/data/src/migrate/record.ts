/**
 * What a database knows of the migrations that ran on it.
 *
 * @module
 */

/** What runs the statements: the migration's own session, or a transaction in which a step does its work. */
export interface Executor {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** How many rows a statement changed. */
  execute(text: string, values?: readonly unknown[]): Promise<number>
}

export interface RecordedMigration {
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly isExpanded: boolean
  readonly isContracted: boolean
}

export interface RecordedStep {
  readonly step: string
  readonly isFinished: boolean
  /** Where a step in batches stands: the key of the last row. */
  readonly position: readonly string[] | null
  readonly rows: number
}

/** Reads and writes `archipel.migrations` and `archipel.migration_steps` for one service. */
export class MigrationRecord {
  readonly #session: Executor
  readonly #service: string

  constructor(session: Executor, service: string) {
    this.#session = session
    this.#service = service
  }

  async migrations(): Promise<readonly RecordedMigration[]> {
    return this.#session.query<RecordedMigration & Record<string, unknown>>(
      `select number, name, checksum, expanded_at is not null as "isExpanded", contracted_at is not null as "isContracted"
       from archipel.migrations where service = $1 order by number`,
      [this.#service],
    )
  }

  async steps(number: number): Promise<ReadonlyMap<string, RecordedStep>> {
    const rows = await this.#session.query<RecordedStep & Record<string, unknown>>(
      `select step, finished_at is not null as "isFinished", position, rows::float8 as rows
       from archipel.migration_steps where service = $1 and number = $2`,
      [this.#service, number],
    )
    return new Map(rows.map((row) => [row.step, row]))
  }

  /** @param isComplete Found as if it had run. */
  async begin(
    migration: { readonly number: number; readonly name: string; readonly checksum: string },
    isComplete = false,
  ): Promise<void> {
    const done = isComplete ? "now()" : "null"
    await this.#session.execute(
      `insert into archipel.migrations (service, number, name, checksum, expanded_at, contracted_at) values ($1, $2, $3, $4, ${done}, ${done})
       on conflict (service, number) do nothing`,
      [this.#service, migration.number, migration.name, migration.checksum],
    )
  }

  async reached(number: number, what: "expanded_at" | "contracted_at"): Promise<void> {
    await this.#session.execute(`update archipel.migrations set ${what} = now() where service = $1 and number = $2`, [
      this.#service,
      number,
    ])
  }

  async started(number: number, step: string): Promise<void> {
    await this.#session.execute(
      "insert into archipel.migration_steps (service, number, step) values ($1, $2, $3) on conflict do nothing",
      [this.#service, number, step],
    )
  }

  async finished(number: number, step: string): Promise<void> {
    await this.#session.execute(
      `insert into archipel.migration_steps (service, number, step, finished_at) values ($1, $2, $3, now())
       on conflict (service, number, step) do update set finished_at = now()`,
      [this.#service, number, step],
    )
  }

  async moved(number: number, step: string, position: readonly string[], rows: number): Promise<void> {
    await this.#session.execute(
      `update archipel.migration_steps set position = $4, rows = rows + $5 where service = $1 and number = $2 and step = $3`,
      [this.#service, number, step, JSON.stringify(position), rows],
    )
  }

  /** The contract's structure that the database is of from here on; what a start looks for. */
  async revision(revision: string, statements: readonly string[]): Promise<void> {
    await this.#session.execute(
      `insert into archipel.revisions (service, revision, statements)
       select $1, $2, $3 where $2 is distinct from (select revision from archipel.revisions where service = $1 order by id desc limit 1)`,
      [this.#service, revision, JSON.stringify(statements)],
    )
  }
}
