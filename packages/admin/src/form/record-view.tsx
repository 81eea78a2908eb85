import { useQuery, useSuspenseQueries } from "@tanstack/react-query"
import { useEffect, useMemo, useState } from "react"
import { useFirstView } from "../app/first-view.ts"
import { queryClient } from "../app/queries.ts"
import { noteRecent } from "../app/recent.ts"
import { Refusal } from "../app/refusal.tsx"
import { useUserId } from "../app/session-context.ts"
import { whenIdle } from "../app/when-idle.ts"
import type { UiModel } from "../metadata/model.ts"
import { modelOptions, useModel } from "../metadata/use-metadata.ts"
import type { RecordViewProps } from "../views/registry.ts"
import { takeBegun } from "./duplicate.ts"
import { type FormModel, formModelOf, lineCollections } from "./form-model.ts"
import { FormSkeleton } from "./form-skeleton.tsx"
import { FormSession } from "./form-session.ts"
import { newState, openedState, type Values } from "./form-state.ts"
import { newId } from "./new-id.ts"
import { RecordForm } from "./record-form.tsx"
import { recordOptions } from "./record-query.ts"

/** While a form is open its model's description is looked for so often. */
const METADATA_MS = 30_000

function useFormModel(collection: string): FormModel {
  const model = useModel(collection)
  useQuery({ ...modelOptions(collection), refetchInterval: METADATA_MS, refetchOnWindowFocus: "always" })
  const lines = lineCollections(model)
  const lineModels = useSuspenseQueries({ queries: lines.map((each) => modelOptions(each)) })
  const known = lineModels.map(({ data }) => data)
  return useMemo(
    () => formModelOf(model, new Map(lines.map((each, index) => [each, known[index] as UiModel]))),
    // The descriptions of the lines, one by one.
    // oxlint-disable-next-line react/exhaustive-deps
    [model, ...known],
  )
}

/** Asks for a record before its form is drawn, where its lines are described. */
export function askRecord(model: UiModel, id: string): void {
  const collections = lineCollections(model)
  const lines = new Map<string, UiModel>()
  for (const each of collections) {
    const line = queryClient.getQueryData(modelOptions(each).queryKey)
    if (line === undefined) return
    lines.set(each, line)
  }
  void queryClient.prefetchQuery(recordOptions(formModelOf(model, lines), id))
}

/** One record with all that may be read and done of it, or a new one. */
export function RecordView({ collection, id }: RecordViewProps) {
  const form = useFormModel(collection)
  const user = useUserId()
  const [open, setOpen] = useState<FormSession>()
  const isOpen = open?.isAt(collection, id) === true
  const { data, dataUpdatedAt, error, refetch } = useQuery({
    ...recordOptions(form, id),
    enabled: id !== "new" && !isOpen,
  })
  if (!isOpen) {
    const next = sessionOf({ model: form, user, id, record: data, readAt: dataUpdatedAt })
    if (next !== open) setOpen(next)
  }
  const session = isOpen ? open : undefined
  useFirstView(session !== undefined)
  useEffect(() => session?.adopt(form), [session, form])
  useEffect(() => {
    if (session === undefined || id === "new") return
    const { title } = session
    void whenIdle().then(() => noteRecent({ collection, id, title, model: form.model.title }))
  }, [session, collection, id, form])
  if (session === undefined) {
    if (error) return <Refusal error={error} again={() => void refetch()} isWhole />
    return <FormSkeleton />
  }
  return (
    <RecordForm
      key={session.key}
      session={session}
      onResume={(kept) => setOpen(new FormSession({ model: form, user, state: kept.state }))}
    />
  )
}

interface Opening {
  readonly model: FormModel
  readonly user: string
  readonly id: string
  readonly record: Values | undefined
  readonly readAt: number
}

function sessionOf({ model, user, id, record, readAt }: Opening): FormSession | undefined {
  const lists = model.lists.map(({ name }) => name)
  if (id === "new") {
    const state = takeBegun(model.model.collection) ?? newState(newId(), lists)
    return new FormSession({ model, user, state })
  }
  return record && new FormSession({ model, user, state: openedState(record, lists), readAt })
}
