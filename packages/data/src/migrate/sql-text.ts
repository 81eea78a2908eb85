/**
 * Migrations as SQL files: written for people, read back by the runner.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { type LockLevel, type MigrationStep, type Phase, type StepCost, type StepMode } from "./step.ts"

/** A step as it is in a file. */
export interface FileStep extends MigrationStep {
  /** What stands behind `-- consent:`. */
  readonly consent?: string
}

const COSTS: Readonly<Record<StepCost, string>> = {
  catalogue: "for a moment",
  scan: "while all rows are read",
  index: "while an index over all rows is built",
  rows: "row by row",
}

/** @param heading Comment lines at the top, without dashes. */
export function sqlText(heading: readonly string[], steps: readonly MigrationStep[]): string {
  const parts = steps.map((step) =>
    [
      `-- step ${step.id}: ${oneLine(step.title)}`,
      ...Object.entries(headersOf(step)).map(([name, value]) => `-- ${name}: ${oneLine(value)}`.trimEnd()),
      ...step.statements.map((statement) => `${statement};`),
    ].join("\n"),
  )
  return `${heading.map((line) => `-- ${line}`).join("\n")}\n\n${parts.join("\n\n")}\n`
}

/** Defaults may have line breaks. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ")

function headersOf(step: MigrationStep): Record<string, string> {
  return {
    table: step.table,
    lock: step.lock === "none" ? "rows of one batch" : `${step.lock}, ${COSTS[step.cost]}`,
    ...(step.mode === "transaction" ? {} : { mode: step.mode }),
    ...(step.index === undefined ? {} : { index: step.index }),
    ...(step.key === undefined ? {} : { key: step.key.join(", ") }),
    ...(step.field === undefined ? {} : { field: step.field }),
    ...(step.needsTrigram ? { needs: "pg_trgm" } : {}),
    ...(step.loss === undefined ? {} : { loses: step.loss, consent: "" }),
  }
}

/** Without the consents, which are given afterwards. */
export const withoutConsents = (text: string): string => text.replaceAll(/^-- consent:.*$/gm, "-- consent:")

/** @throws `migration.invalid_file` for what has no such form. */
export function stepsOfSql(file: string, text: string, phase: Phase): readonly FileStep[] {
  const chunks = text.split(/^(?=-- step \S+: )/m).slice(1)
  return chunks.map((chunk) => stepOf(file, chunk, phase))
}

function stepOf(file: string, chunk: string, phase: Phase): FileStep {
  const lines = chunk.split("\n")
  const [, id = "", title = ""] = /^-- step (\S+): (.*)$/.exec(lines[0] ?? "") ?? []
  const headers = new Map<string, string>()
  let at = 1
  for (; at < lines.length; at++) {
    const found = /^-- (\w+):(.*)$/.exec(lines[at] ?? "")
    if (found === null) break
    headers.set(found[1] ?? "", (found[2] ?? "").trim())
  }
  const [table, lock] = [headers.get("table"), headers.get("lock")]
  if (table === undefined || lock === undefined)
    throw new ArchipelError("migration.invalid_file", { file, reason: `step ${id} does not say its table and lock` })
  const [level = "", how = ""] = lock.split(", ")
  const cost = (Object.entries(COSTS) as [StepCost, string][]).find(([, words]) => words === how)?.[0] ?? "rows"
  const [key, index, field, loss, consent] = ["key", "index", "field", "loses", "consent"].map((name) =>
    headers.get(name),
  )
  return {
    id,
    phase,
    title,
    table,
    lock: level === "rows of one batch" ? "none" : (level as LockLevel),
    cost,
    mode: (headers.get("mode") ?? "transaction") as StepMode,
    statements: statementsOf(lines.slice(at).join("\n")),
    ...(key === undefined ? {} : { key: key.split(", ") }),
    ...(index === undefined ? {} : { index }),
    ...(field === undefined ? {} : { field }),
    ...(headers.has("needs") ? { needsTrigram: true as const } : {}),
    ...(loss === undefined ? {} : { loss }),
    ...(consent ? { consent } : {}),
  }
}

/** Texts, quoted names, dollar-quoted bodies and comments, in which a semicolon ends nothing. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|;/g

/** SQL in statements, without their semicolons. */
export function statementsOf(sql: string): readonly string[] {
  const found: string[] = []
  let from = 0
  for (const { 0: token, index } of sql.matchAll(QUOTED)) {
    if (token !== ";") continue
    found.push(sql.slice(from, index).trim())
    from = index + 1
  }
  const rest = sql
    .slice(from)
    .replaceAll(/--[^\n]*/g, "")
    .trim()
  return [...found, ...(rest === "" ? [] : [rest])].filter((statement) => statement !== "")
}
