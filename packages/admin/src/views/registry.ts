import { type ComponentType, createElement, lazy, useState } from "react"
import { withKit } from "../app/kit.ts"
import { boardFields } from "../kanban/board-field.ts"
import type { UiModel } from "../metadata/model.ts"
import type { ListSearch } from "./list-search.ts"

/**
 * The kinds of views. Each is a chunk of its own that is loaded when it is first shown; `load` may be called before, when somebody is
 * about to. A new kind is one row here.
 *
 * @module
 */

/** What shows the records of a model, many at once. The list's state is in the address (views/list-search.ts). */
export interface RecordsViewProps {
  readonly collection: string
}
/** What shows one record, or makes a new one. */
export interface RecordViewProps {
  readonly collection: string
  /** "new" makes one. */
  readonly id: string
}

interface View<Props> {
  readonly component: ComponentType<Props>
  readonly load: () => Promise<unknown>
}

function view<Props extends object>(
  loadPart: () => Promise<{ readonly [name: string]: unknown }>,
  name: string,
): View<Props> {
  let loaded: ComponentType<Props> | undefined
  const load = async (): Promise<ComponentType<Props>> => (loaded = (await loadPart())[name] as ComponentType<Props>)
  const Later = lazy(async () => ({ default: await load() }))
  // What is here is drawn at once: `lazy` waits for its first time in any case, and what then stands in its place stays a while.
  function Loaded(props: Props) {
    const [Component] = useState<ComponentType<Props>>(() => loaded ?? Later)
    return createElement(Component, props)
  }
  return { component: Loaded, load }
}

export interface RecordsViewKind extends View<RecordsViewProps> {
  /** Whether the model has what this view needs. */
  readonly fits: (model: UiModel) => boolean
  /** Asks for what it will show, before it is drawn. @returns when that is here */
  readonly askFirst?: (model: UiModel, search: ListSearch) => Promise<void>
}

const loadList = () => import("../list/list-view.tsx")

export type RecordsViewName = "list" | "kanban"

export const recordsViews: Readonly<Record<RecordsViewName, RecordsViewKind>> = {
  list: {
    ...view<RecordsViewProps>(loadList, "ListView"),
    fits: () => true,
    askFirst: async (model, search) => (await loadList()).askFirstRows(model, search),
  },
  kanban: {
    ...view<RecordsViewProps>(
      withKit(() => import("../kanban/kanban-view.tsx")),
      "KanbanView",
    ),
    fits: (model) => boardFields(model).length > 0,
  },
}

/** The view that an address names; lists where it names none. */
export const recordsViewOf = (name: string | undefined): RecordsViewName =>
  name !== undefined && Object.hasOwn(recordsViews, name) ? (name as RecordsViewName) : "list"

const importForm = withKit(() => import("../form/record-view.tsx"))
let form: Awaited<ReturnType<typeof importForm>> | undefined
const loadForm = async (): Promise<NonNullable<typeof form>> => (form = await importForm())
export const recordView = view<RecordViewProps>(loadForm, "RecordView")

/** Asks for a record that somebody is about to open: at once, where forms are loaded. */
export function askRecord(model: UiModel, id: string): void {
  if (form) form.askRecord(model, id)
  else
    void loadForm().then(
      (loaded) => loaded.askRecord(model, id),
      // Who opens it is told.
      () => {},
    )
}
