/**
 * The description of a model for user interfaces, cut to what a set of roles can see and do.
 *
 * @module
 */
import { discussionRights, type FieldMember, type Rights, searchable } from "@archipel/core"
import type { VisibleModel } from "../openapi/visible-model.ts"
import { addressOf, columnUi, inputsUi, listUi, optionsUi } from "./ui-fields.ts"
import { viewsUi } from "./ui-views.ts"
import type { Words } from "./ui-words.ts"

/** Version of the form of these descriptions; it grows by one when something in them changes its meaning. */
export const CONTRACT = 1

function invocationsUi(rights: Rights, { model, invocations }: VisibleModel, words: Words): object {
  const transitions: Record<string, object> = {}
  const actions: Record<string, object> = {}
  for (const { name, transition } of invocations) {
    if (transition) {
      const { field, from, to, label, input = {} } = transition
      transitions[name] = {
        field: field.name,
        from,
        to,
        label: words.invocation(model, "transitions", { name, ...(label === undefined ? {} : { label }) }),
        input: inputsUi(rights, input, (each) => words.input(model, "transitions", name, each)),
      }
      continue
    }
    const action = model.actions.get(name)
    if (!action) continue
    const { label, input, output } = action
    const labelOf = (each: { readonly name: string }): string => words.input(model, "actions", name, each)
    actions[name] = {
      label: words.invocation(model, "actions", { name, ...(label === undefined ? {} : { label }) }),
      input: inputsUi(rights, input, labelOf),
      output: inputsUi(rights, output, labelOf),
    }
  }
  return { transitions, actions }
}

/** The states that records go through, if these may be known. */
function lifecycleUi({ columns }: VisibleModel, words: Words): object {
  const states = columns.find(
    ({ member, readable }) => readable !== "never" && member.kind === "field" && member.type === "states",
  )
  if (!states) return {}
  const member = states.member as FieldMember
  return { lifecycle: { field: member.name, start: member.values?.[0], states: optionsUi(member, words) } }
}

/** Whether a search would look into a field that may be known. */
export const isSearchable = (rights: Rights, { model, operations }: VisibleModel): boolean =>
  operations.has("read") && searchable(model).some((member) => rights.of(model).readable(member).kind !== "false")

export function modelUi(rights: Rights, visible: VisibleModel, words: Words): object {
  const { model, operations, columns, lists } = visible
  const fields: Record<string, object> = {}
  for (const column of columns) fields[column.member.name] = columnUi(rights, column, words)
  for (const list of lists) fields[list.member.name] = listUi(list, words)
  // In the contract's order, which is the author's idea of what comes first.
  const ordered = [...model.members.keys()].filter((name) => name in fields).map((name) => [name, fields[name]])
  const discussion = discussionRights(rights, model)
  const views = viewsUi(rights, visible, words)
  return {
    contract: CONTRACT,
    name: model.name,
    title: words.title(model),
    plural: words.plural(model),
    collection: addressOf(model),
    display: model.title,
    archive: model.archive,
    searchable: isSearchable(rights, visible),
    ...(discussion ? { discussion } : {}),
    ...(model.owner ? { owner: { model: model.owner.model.name, field: model.owner.name } } : {}),
    rights: {
      read: operations.has("read"),
      create: operations.has("create"),
      update: operations.has("update"),
      delete: operations.has("delete"),
    },
    ...lifecycleUi(visible, words),
    fields: Object.fromEntries(ordered) as object,
    ...invocationsUi(rights, visible, words),
    ...(views ? { views } : {}),
  }
}
