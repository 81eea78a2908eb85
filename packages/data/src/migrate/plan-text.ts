/**
 * A migration for whoever reviews it.
 *
 * @module
 */
import { folderName, type PlannedMigration } from "./planned-migration.ts"
import { type MigrationStep, type Phase, phases } from "./step.ts"

const TITLES: Readonly<Record<Phase, string>> = {
  expand: "Expand: before the new release",
  backfill: "Backfill: before the new release",
  contract: "Contract: when the old release is gone",
}

const COSTS = {
  catalogue: "a moment",
  scan: "reads all rows",
  index: "builds an index over all rows",
  rows: "writes rows, in batches",
} as const

/** Markdown: what happens, what it locks, what gets lost, and in which order releases and phases go. */
export function planText(planned: PlannedMigration): string {
  const { steps, to } = planned
  const losses = steps.filter(({ loss }) => loss !== undefined)
  const hasContract = steps.some(({ phase }) => phase === "contract")
  const rollout = [
    "1. `archipel migrate apply`",
    "2. Release the new version; old and new processes may run side by side.",
    ...(hasContract ? ["3. When no old process runs any more: `archipel migrate apply --contract`"] : []),
  ]
  const parts = [
    `# ${folderName(planned)} (${to.service})`,
    `${rollout.join("\n")}`,
    losses.length === 0
      ? "Nothing gets lost."
      : `**This could lose data.** Each of these steps waits for a consent in its SQL file:\n\n${losses.map(({ id, loss }) => `- step ${id}: ${loss}`).join("\n")}`,
    ...phases.flatMap((phase) => {
      const own = steps.filter((step) => step.phase === phase)
      return own.length === 0 ? [] : [`## ${TITLES[phase]}\n\n${table(own)}`]
    }),
  ]
  return `${parts.join("\n\n")}\n`
}

function table(steps: readonly MigrationStep[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|")
  const rows = steps.map(
    (step) =>
      `| ${step.id} | ${cell(step.title)} | ${step.lock === "none" ? "rows" : `${step.lock} on ${cell(step.table)}`} | ${COSTS[step.cost]} |`,
  )
  return ["| step | what | lock | time |", "| --- | --- | --- | --- |", ...rows].join("\n")
}
