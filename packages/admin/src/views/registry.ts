import { type ComponentType, lazy, type LazyExoticComponent } from "react"
import { withKit } from "../app/kit.ts"
import { boardFields } from "../kanban/board-field.ts"
import type { UiModel } from "../metadata/model.ts"

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
  readonly component: LazyExoticComponent<ComponentType<Props>>
  readonly load: () => Promise<unknown>
}

function view<Props>(load: () => Promise<{ readonly [name: string]: unknown }>, name: string): View<Props> {
  const component = lazy(async () => ({ default: (await load())[name] as ComponentType<Props> }))
  return { component, load }
}

export interface RecordsViewKind extends View<RecordsViewProps> {
  /** Whether the model has what this view needs. */
  readonly fits: (model: UiModel) => boolean
}

export type RecordsViewName = "list" | "kanban"

export const recordsViews: Readonly<Record<RecordsViewName, RecordsViewKind>> = {
  list: { ...view<RecordsViewProps>(() => import("../list/list-view.tsx"), "ListView"), fits: () => true },
  kanban: {
    ...view<RecordsViewProps>(
      withKit(() => import("../kanban/kanban-view.tsx")),
      "KanbanView",
    ),
    fits: (model) => boardFields(model).length > 0,
  },
}

export const recordView = view<RecordViewProps>(
  withKit(() => import("../form/record-view.tsx")),
  "RecordView",
)
