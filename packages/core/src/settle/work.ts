import type { ColumnMember, ManyToManyMember, OneMember, ResolvedModel } from "../catalog.ts"

/** Canonical values by member name (see `parseValue`); `undefined` where a column was not loaded. */
export type RowValues = Record<string, unknown>

/** One record while a write is settled. */
export interface WorkRow {
  readonly model: ResolvedModel
  readonly id: string
  /** What is stored; undefined for a record that the write makes. */
  before: Readonly<RowValues> | undefined
  values: RowValues
  deleted: boolean
  /** Whether it is one of the records that the request writes, or a line of theirs: only these get suggestions. */
  inTree: boolean
  /** JSON Pointer of the record in the request; "" for the record itself and for those that the request does not name. */
  path: string
  /** Members that the payload names. */
  readonly named: Set<string>
  /** Locked for a change, so all columns are loaded and fresh. */
  locked: boolean
  /** Locked against changes by others. */
  shared: boolean
  /** Whether it gets a new version even if no column of it changed: a line or a link of it did. */
  touched: boolean
}

/** Equal canonical values. */
export const sameValue = (a: unknown, b: unknown): boolean =>
  a === b ||
  (typeof a === "object" &&
    typeof b === "object" &&
    a !== null &&
    b !== null &&
    JSON.stringify(a) === JSON.stringify(b))

/** A link that the write adds or removes, as the declaring side sees it. */
export interface LinkChange {
  readonly member: ManyToManyMember
  readonly own: string
  readonly target: string
  readonly added: boolean
}

/** All records that one write has looked at, each once. */
export class Work {
  readonly #rows = new Map<ResolvedModel, Map<string, WorkRow>>()
  readonly links: LinkChange[] = []

  ofModel(model: ResolvedModel): ReadonlyMap<string, WorkRow> {
    let rows = this.#rows.get(model)
    if (!rows) this.#rows.set(model, (rows = new Map()))
    return rows
  }

  row(model: ResolvedModel, id: string): WorkRow | undefined {
    return this.#rows.get(model)?.get(id)
  }

  *all(): Iterable<WorkRow> {
    for (const rows of this.#rows.values()) yield* rows.values()
  }

  /** A record that the write makes. @param values What it has already, its id among it; they become the row's own. */
  insert(model: ResolvedModel, id: string, path: string, values: RowValues = { id }): WorkRow {
    const row: WorkRow = {
      model,
      id,
      before: undefined,
      values,
      deleted: false,
      inTree: true,
      path,
      named: new Set(),
      locked: true,
      shared: false,
      touched: false,
    }
    ;(this.ofModel(model) as Map<string, WorkRow>).set(id, row)
    return row
  }

  /**
   * A stored record as it was read. What is known of a locked record is kept; of one that was only looked at, the newer
   * reading counts.
   */
  load(
    model: ResolvedModel,
    values: RowValues,
    options: { readonly locked?: boolean; readonly shared?: boolean } = {},
  ): WorkRow {
    const id = values["id"] as string
    const known = this.row(model, id)
    if (known) {
      if (!known.locked) {
        known.before = { ...known.before, ...values }
        known.values = { ...known.values, ...values }
        known.locked = options.locked ?? false
        known.shared ||= options.shared ?? false
      }
      return known
    }
    const row: WorkRow = {
      model,
      id,
      before: { ...values },
      values: { ...values },
      deleted: false,
      inTree: false,
      path: "",
      named: new Set(),
      locked: options.locked ?? false,
      shared: options.shared ?? false,
      touched: false,
    }
    ;(this.ofModel(model) as Map<string, WorkRow>).set(id, row)
    return row
  }
}

/** Whether the write creates the row. */
export const isNew = (row: WorkRow): boolean => row.before === undefined

/** The columns whose value the write changes. */
export const changedColumns = (row: WorkRow): ColumnMember[] =>
  row.model.columns.filter(
    (m) => row.before === undefined || !sameValue(row.before[m.name] ?? null, row.values[m.name] ?? null),
  )

/** Whether the write changes the record at all. */
export const isChanged = (row: WorkRow): boolean =>
  row.deleted || row.touched || row.before === undefined || changedColumns(row).length > 0

/** The id that a reference holds now, unless the record is deleted. */
export const referenceOf = (row: WorkRow, member: OneMember): string | undefined =>
  row.deleted ? undefined : ((row.values[member.name] as string | null | undefined) ?? undefined)
