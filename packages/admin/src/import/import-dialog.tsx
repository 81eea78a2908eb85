import { useQueries } from "@tanstack/react-query"
import { useEffect, useRef, useState } from "react"
import { noteChange } from "../api/changes.ts"
import { request } from "../api/request.ts"
import { announce } from "../app/announce.ts"
import { useUserId } from "../app/session-context.ts"
import { useIsNarrow } from "../app/use-is-narrow.ts"
import { Dialog } from "../app/dialog.tsx"
import { isOne, type UiModel } from "../metadata/model.ts"
import { modelOptions } from "../metadata/use-metadata.ts"
import { ChooseFile } from "./choose-file.tsx"
import { guessKey, guessMapping, keysOf, type Mapping, type Target, targetsOf } from "./mapping.ts"
import { MapColumns } from "./map-columns.tsx"
import { OutcomeStep } from "./outcome.tsx"
import {
  beginningOf,
  type ImportAnswer,
  type ImportBody,
  nextPortion,
  type Outcome,
  type Plan,
  planOf,
  runImport,
} from "./run-import.ts"
import { Running } from "./running.tsx"
import type { Table } from "./table.ts"
import { useImportTexts } from "./text.ts"

/** A portion is worked on for seconds; after so long the service counts as away. */
const TIMEOUT_MS = 120_000

/** What can be filled, with the keys of what references lead to as far as these may be known. */
function useTargets(model: UiModel): readonly Target[] {
  const collections = [
    ...new Set(
      Object.values(model.fields).flatMap((field) =>
        isOne(field) && field.collection !== undefined && (field.create || field.update) ? [field.collection] : [],
      ),
    ),
  ]
  const results = useQueries({ queries: collections.map((collection) => modelOptions(collection)) })
  return targetsOf(model, (collection) => results[collections.indexOf(collection)]?.data)
}

/** A file that is read, and what its columns are. `mapping` is undefined until somebody changes what their names say. */
interface Given {
  readonly table: Table
  readonly mapping: Mapping | undefined
  /** null is none, though one could be guessed. */
  readonly key: string | null | undefined
}

type Stage =
  | { readonly at: "file" }
  | { readonly at: "columns" }
  | { readonly at: "running" | "outcome"; readonly dryRun: boolean; readonly plan: Plan; readonly outcome: Outcome }

interface ImportDialogProps {
  readonly model: UiModel
  readonly onShow: (where: string) => void
  readonly onClose: () => void
}

/** A table's rows as records: a file, what its columns fill, a check of every row that changes nothing, and the import. */
export function ImportDialog({ model, onShow, onClose }: ImportDialogProps) {
  const t = useImportTexts()
  const user = useUserId()
  const isNarrow = useIsNarrow()
  const targets = useTargets(model)
  const [given, setGiven] = useState<Given>()
  const [stage, setStage] = useState<Stage>({ at: "file" })
  const isStopped = useRef(false)
  /** The service's time before the first row came in: what changed since is what came in. */
  const [since, setSince] = useState<string>()
  useEffect(() => () => void (isStopped.current = true), [])

  const mapping = given && (given.mapping ?? guessMapping(given.table.headers, targets, model))
  const keys = mapping ? keysOf(model, mapping).map(({ path }) => path) : []
  const guessed = mapping && guessKey(model, mapping)
  const key = given?.key === undefined ? guessed : keys.find((path) => path === given.key)

  const take = (table: Table): void => {
    // A file that was mended has the same columns, which need not be told again.
    const isSame = given?.table.headers.join("\n") === table.headers.join("\n")
    setGiven(isSame && given ? { ...given, table } : { table, mapping: undefined, key: undefined })
    setStage({ at: "columns" })
  }
  const run = async (dryRun: boolean, plan: Plan, from: Outcome = beginningOf(plan)): Promise<void> => {
    isStopped.current = false
    setStage({ at: "running", dryRun, plan, outcome: from })
    const ask = async (body: ImportBody): Promise<ImportAnswer> => {
      const path = `${model.collection}/$import`
      const { data, headers } = await request<ImportAnswer>(path, { method: "POST", body, timeoutMs: TIMEOUT_MS })
      if (dryRun) setSince(headers.get("date") ?? undefined)
      return data
    }
    const onProgress = (outcome: Outcome): void => setStage({ at: "running", dryRun, plan, outcome })
    const outcome = await runImport(plan, { dryRun, from, ask, onProgress, isStopped: () => isStopped.current })
    if (!dryRun) noteChange(model.collection)
    setStage({ at: "outcome", dryRun, plan, outcome })
    const { created, updated, failed } = outcome
    const said = dryRun ? [t.wouldCreate(created), t.wouldUpdate(updated)] : [t.created(created), t.updated(updated)]
    announce([dryRun ? t.checked : t.imported, ...said, t.refused(failed)].join(", "))
  }
  const show = (time: { readonly gte: string }): void => {
    onShow(JSON.stringify([{ updatedAt: time }, ...(model.fields["updatedBy"]?.read ? [{ updatedBy: user }] : [])]))
    onClose()
  }
  const isRunning = stage.at === "running"
  return (
    <Dialog
      opened
      size="xl"
      fullScreen={isNarrow}
      title={t.title(model.plural)}
      onClose={onClose}
      // Rows that are under way are stopped by their own button, which says how far they came.
      closeOnEscape={!isRunning}
      closeOnClickOutside={stage.at === "file"}
      withCloseButton={!isRunning}
    >
      {stage.at === "file" && <ChooseFile onTable={take} />}
      {stage.at === "columns" && given && mapping && (
        <MapColumns
          model={model}
          table={given.table}
          targets={targets}
          mapping={mapping}
          keyPath={key}
          onMapping={(next) => setGiven({ ...given, mapping: next })}
          onKey={(path) => setGiven({ ...given, key: path ?? null })}
          onBack={() => setStage({ at: "file" })}
          onCheck={() => void run(true, planOf(given.table, mapping, key))}
        />
      )}
      {stage.at === "running" && given && (
        <Running
          key={String(stage.dryRun)}
          dryRun={stage.dryRun}
          done={stage.outcome.done}
          all={given.table.rows.length}
          onStop={() => (isStopped.current = true)}
        />
      )}
      {stage.at === "outcome" && given && (
        <OutcomeStep
          key={String(stage.dryRun)}
          table={given.table}
          plan={stage.plan}
          outcome={stage.outcome}
          dryRun={stage.dryRun}
          onBack={() => setStage({ at: "columns" })}
          onFile={() => setStage({ at: "file" })}
          onRun={() => {
            const { dryRun, plan, outcome } = stage
            void (nextPortion(plan, outcome) ? run(dryRun, plan, outcome) : run(false, plan))
          }}
          onShow={
            model.fields["updatedAt"]?.read && since !== undefined
              ? () => show({ gte: new Date(since).toISOString() })
              : undefined
          }
          onClose={onClose}
        />
      )}
    </Dialog>
  )
}
