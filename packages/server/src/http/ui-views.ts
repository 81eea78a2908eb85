import type { Rights, ViewsDefinition } from "@archipel/core"
import type { VisibleModel } from "../openapi/visible-model.ts"
import { mirroredPaths } from "./ui-fields.ts"
import type { Words } from "./ui-words.ts"

/** Whether who has these rights may know of a path that a view names. */
function isKnown(rights: Rights, { model, columns, lists }: VisibleModel, path: string): boolean {
  const [first, ...rest] = path.split(".") as [string, ...string[]]
  const isHere =
    columns.some(({ member }) => member.name === first) || lists.some(({ member }) => member.name === first)
  if (!isHere) return false
  let member = model.members.get(first)
  for (const [i, name] of rest.entries()) {
    if (member === undefined || member.kind === "field") return false
    if (member.kind === "one" && !member.local) {
      const behind = rest.slice(i).join(".")
      return behind === member.target.title || mirroredPaths(rights, member).includes(behind)
    }
    const { target } = member
    const of = rights.of(target)
    const next = target.members.get(name)
    const isTitle = target.publicTitle && name === target.title
    if (!next || (!isTitle && (of.read.kind === "false" || of.readable(next).kind === "false"))) return false
    member = next
  }
  return true
}

/** What a service says of how a model is presented, without what the caller may not know of; undefined if it says nothing. */
export function viewsUi(rights: Rights, visible: VisibleModel, words: Words): ViewsDefinition | undefined {
  const { model } = visible
  const view = rights.service.views.get(model.name)
  if (!view) return undefined
  const known = (paths: readonly string[]): string[] =>
    paths.filter((path) => isKnown(rights, visible, path.split(":")[0] as string))
  const { list, form, search } = view
  const sections = form?.sections
    .map(({ title, fields }) => ({
      ...(title === undefined ? {} : { title: words.section(model, title) }),
      fields: known(fields),
    }))
    .filter(({ fields }) => fields.length > 0)
  return {
    model: model.name,
    ...(list ? { list: known(list) } : {}),
    ...(sections ? { form: { sections } } : {}),
    ...(search
      ? {
          search: {
            ...(search.filters ? { filters: known(search.filters) } : {}),
            ...(search.groups ? { groups: known(search.groups) } : {}),
          },
        }
      : {}),
  }
}
