import { useNavigate, useSearch } from "@tanstack/react-router"
import { lazy, type ReactNode, Suspense, useState } from "react"
import { useQueryClient } from "@tanstack/react-query"
import { bulkLater } from "../api/delayed.ts"
import { ProblemError } from "../api/problem.ts"
import { announce } from "../app/announce.ts"
import { type Shortcut, useShortcuts } from "../app/shortcuts.ts"
import { tellDone, tellProblem } from "../app/toasts.tsx"
import { partsOf } from "../metadata/model.ts"
import type { ListSearch } from "../views/list-search.ts"
import { ConfirmDialog } from "./confirm-dialog.tsx"
import type { Values } from "./form-state.ts"
import { beginWith, duplicateOf } from "./duplicate.ts"
import { inverseOf, type Offered, offeredOf } from "./transitions.ts"
import { TransitionDialog } from "./transition-dialog.tsx"
import { type Neighbours, noNeighbours, useNeighbours } from "./use-neighbours.ts"
import { useStep } from "./use-step.ts"
import { type FormTexts, useFormTexts } from "./text.ts"
import { useForm, useFormView } from "./use-form.ts"
import { focusFirstInput } from "./focus.ts"

const ExplainDialog = lazy(async () => ({ default: (await import("../panels/explain-dialog.tsx")).ExplainDialog }))

export interface FormCommands {
  readonly mayWrite: boolean
  readonly offered: readonly Offered[]
  /** @param otherwise Where the service does not say it of each record. */
  readonly mayDo: (operation: string, otherwise: boolean) => boolean
  readonly stateOf: (field: string) => string
  readonly neighbours: Neighbours | undefined
  /** The list's state, for the way back. */
  readonly listSearch: ListSearch
  readonly save: () => void
  readonly discard: () => void
  readonly begin: (offered: Offered) => void
  readonly duplicate: () => void
  readonly archive: () => void
  readonly remove: () => void
  readonly explain: () => void
  readonly goTo: (id: string) => void
}

type Dialog =
  | { readonly kind: "transition"; readonly offered: Offered }
  | { readonly kind: "delete" }
  | { readonly kind: "explain" }

const noKeys: readonly Shortcut[] = []

/** What the grid of lines hears by itself (lines-grid.tsx). */
const keysOfLines = (t: FormTexts): readonly Shortcut[] =>
  [
    ["Tab", t.keys.cell],
    ["ArrowUp", t.keys.line],
    ["ArrowDown", t.keys.line],
    ["Enter", t.keys.down],
    ["Escape", t.keys.revert],
    ["Mod+Delete", t.removeLine],
    ["Mod+Shift+d", t.duplicateLine],
    ["Shift+ArrowDown", t.keys.range],
    ["Mod+c", t.keys.copy],
    ["Mod+v", t.keys.paste],
  ].map(([keys = "", label = ""]) => ({ id: `lines.${keys}`, keys, label }))

/**
 * What can be done with the record: by buttons, by the menu and by keys, and the dialogs that belong to it.
 *
 * @param isDrawn Whether the form is there already: its neighbours are asked for after that.
 */
export function useCommands(isDrawn: boolean): { readonly commands: FormCommands; readonly dialogs: ReactNode } {
  const t = useFormTexts()
  const session = useForm()
  const navigate = useNavigate()
  const client = useQueryClient()
  const search = useSearch({ from: "/$service/$collection/$id" })
  const [dialog, setDialog] = useState<Dialog>()
  const { model } = session.model
  const { service, name: collection } = partsOf(model.collection)
  const base = useFormView(({ state }) => state.base)
  const isNew = base === undefined
  const neighbours = useNeighbours(session.model, session.id, search, !isNew && isDrawn)
  const stateOf = (field: string): string => String(base?.[field] ?? "")
  const can = base?.["_can"] as readonly string[] | undefined
  const mayWrite = isNew ? model.rights.create : model.rights.update
  const close = (): void => setDialog(undefined)

  const goTo = (id: string): void => {
    void navigate({ to: "/$service/$collection/$id", params: { service, collection, id }, search })
  }
  const back = (): void => {
    void navigate({ to: "/$service/$collection", params: { service, collection }, search })
  }
  const save = async (): Promise<void> => {
    const wasNew = session.isNew
    const outcome = await session.save()
    if (outcome === "saved") {
      announce(t.saved)
      if (wasNew) {
        await navigate({
          to: "/$service/$collection/$id",
          params: { service, collection, id: session.id },
          search,
          replace: true,
        })
      }
    } else if (outcome === "refused") announce(t.refused)
  }
  const discard = (): void => {
    const wasNew = session.isNew
    session.discard()
    if (wasNew) back()
    else document.getElementById("record-title")?.focus()
  }
  /** @returns whether it was done */
  const go = async ({ name, label, transition }: Offered, input: Values): Promise<boolean> => {
    const before = transition ? stateOf(transition.field) : ""
    const answer = await session.invoke(name, input)
    if (answer === undefined) return false
    const inverse = transition && inverseOf(session.model.model, transition, before)
    tellDone(t.done(label, session.title), inverse ? { undo: () => void session.invoke(inverse, {}) } : {})
    return true
  }
  const begin = (offered: Offered): void => {
    if (offered.hasInput) setDialog({ kind: "transition", offered })
    else void go(offered, {})
  }
  const setArchived = async (archives: boolean): Promise<boolean> =>
    (await session.invoke(archives ? "archive" : "restore", {})) !== undefined
  const archive = async (): Promise<void> => {
    const archives = (session.view.state.base?.["archivedAt"] ?? null) === null
    if (!(await setArchived(archives))) return
    tellDone(t.done(archives ? t.archive : t.restore, session.title), { undo: () => void setArchived(!archives) })
  }
  const remove = (): void => {
    close()
    const { title, id, version } = session
    session.discard()
    // A deleted record cannot be made again as it was: it is deleted when nobody can change their mind any more.
    const change = { operation: "delete" as const, id, ...(version === undefined ? {} : { version }) }
    const undo = bulkLater(model.collection, [change], (outcome) => {
      outcome.then(
        ([result]) => result?.ok === false && tellProblem(new ProblemError(result.problem), title),
        (error: unknown) => tellProblem(error, title),
      )
    })
    client.removeQueries({ queryKey: ["neighbours", model.collection] })
    tellDone(t.deleted(title), {
      undo: () => {
        undo()
        goTo(id)
      },
    })
    if (neighbours?.next !== undefined) goTo(neighbours.next)
    else back()
  }
  const duplicate = (): void => {
    beginWith(model.collection, duplicateOf(session))
    goTo("new")
  }
  const commands: FormCommands = {
    mayWrite,
    offered: isNew ? [] : offeredOf(model, stateOf, can),
    mayDo: (operation, otherwise) => can?.includes(operation) ?? otherwise,
    stateOf,
    neighbours,
    listSearch: search,
    save: () => void save(),
    discard,
    begin,
    duplicate,
    archive: () => void archive(),
    remove: () => setDialog({ kind: "delete" }),
    explain: () => setDialog({ kind: "explain" }),
    goTo,
  }
  const step = useStep(session.id, isNew ? noNeighbours : neighbours, goTo)
  const discardOrLeave = (): void => (session.isDirty ? discard() : back())
  useShortcuts(model.title, [
    { id: "form.save", keys: "s", label: t.save, run: commands.save, isCommand: true },
    { id: "form.save.always", keys: "Mod+s", label: t.save, run: commands.save, always: true },
    { id: "form.save.enter", keys: "Mod+Enter", label: t.save, run: commands.save, always: true },
    { id: "form.edit", keys: "e", label: t.edit, run: () => focusFirstInput() },
    { id: "form.next", keys: "j", label: t.next, run: () => step("next") },
    { id: "form.next.always", keys: "Alt+PageDown", label: t.next, run: () => step("next"), always: true },
    { id: "form.previous", keys: "k", label: t.previous, run: () => step("previous") },
    {
      id: "form.previous.always",
      keys: "Alt+PageUp",
      label: t.previous,
      run: () => step("previous"),
      always: true,
    },
    {
      id: "form.undo",
      keys: "Mod+z",
      label: t.undo,
      run: () => (session.store.canUndo ? session.store.undo() : false),
    },
    { id: "form.discard", keys: "Escape", label: t.discardOrLeave, run: discardOrLeave },
    ...commands.offered
      .filter(({ isPossible }) => isPossible)
      .map((each) => ({
        id: `do.${model.name}.${each.name}`,
        keys: "",
        label: each.label,
        run: () => begin(each),
        isCommand: true,
      })),
    ...(!isNew && model.rights.create
      ? [{ id: "form.duplicate", keys: "", label: t.duplicate, run: duplicate, isCommand: true }]
      : []),
    ...(!isNew && commands.mayDo("delete", model.rights.delete)
      ? [{ id: "form.delete", keys: "", label: t.delete, run: commands.remove, isCommand: true }]
      : []),
    ...(model.rights.create
      ? [{ id: "form.create", keys: "Alt+n", label: t.newOf(model.title), run: () => goTo("new"), always: true }]
      : []),
  ])
  useShortcuts(t.inLines, session.model.lists.length > 0 ? keysOfLines(t) : noKeys)
  const dialogs = (
    <>
      {dialog?.kind === "transition" && (
        <TransitionDialog offered={dialog.offered} onClose={close} onGo={(input) => go(dialog.offered, input)} />
      )}
      {dialog?.kind === "delete" && (
        <ConfirmDialog
          title={t.deleteAsk(session.title)}
          why={t.deleteWhy}
          action={t.delete}
          onGo={remove}
          onClose={close}
        />
      )}
      {dialog?.kind === "explain" && (
        <Suspense>
          <ExplainDialog onClose={close} />
        </Suspense>
      )}
    </>
  )
  return { commands, dialogs }
}
