/**
 * What of other services' records an answer depends on as it is kept here.
 *
 * @module
 */
import type { Condition } from "./condition.ts"
import type { PageTree, ReadTree, RecordNode, ValuePath } from "./read-tree.ts"

/** The mirrored models that a condition looks at. */
export function modelsMirroredIn(condition: Condition): string[] {
  switch (condition.kind) {
    case "true":
    case "false":
      return []
    case "and":
    case "or":
      return condition.of.flatMap(modelsMirroredIn)
    case "not":
      return modelsMirroredIn(condition.of)
    case "compare":
    case "isSet":
      return modelsMirroredIn(condition.readable)
    case "one": {
      const { mirror } = condition.member.target
      const inner = [...modelsMirroredIn(condition.readable), ...modelsMirroredIn(condition.where)]
      return mirror === undefined ? inner : [mirror, ...inner]
    }
    case "some":
      return modelsMirroredIn(condition.where)
  }
}

const ofPath = ({ steps, readable }: ValuePath): string[] => [
  ...modelsMirroredIn(readable),
  ...steps.flatMap((step) => [
    ...(step.member.target.mirror === undefined ? [] : [step.member.target.mirror]),
    ...modelsMirroredIn(step.readable),
    ...modelsMirroredIn(step.visible),
  ]),
]

const ofRecord = ({ fields, ones, lists, remotes }: RecordNode): string[] => [
  ...[...fields, ...ones, ...lists, ...remotes].flatMap(({ readable }) => modelsMirroredIn(readable)),
  ...ones.flatMap(({ visible, node }) => [...modelsMirroredIn(visible), ...ofRecord(node)]),
  ...lists.flatMap(({ where, orderBy, node }) => [
    ...modelsMirroredIn(where),
    ...orderBy.flatMap(({ value }) => ofPath(value)),
    ...ofRecord(node),
  ]),
]

const ofPossibilities = ({ can = [] }: PageTree): string[] =>
  can.flatMap(({ condition }) => modelsMirroredIn(condition))

/** The mirrored models that decide what an answer contains and how it is ordered: "crm.Customer", each once. */
export function mirrorsUsed(tree: ReadTree): readonly string[] {
  const used = [
    ...modelsMirroredIn(tree.where),
    ...(tree.search?.fields ?? []).flatMap(({ readable }) => modelsMirroredIn(readable)),
    ...(tree.kind === "page"
      ? [...tree.orderBy.flatMap(({ value }) => ofPath(value)), ...ofRecord(tree.root), ...ofPossibilities(tree)]
      : [
          ...tree.keys.flatMap(({ value, title }) => [
            ...ofPath(value),
            ...(title ? modelsMirroredIn(title.visible) : []),
          ]),
          ...tree.aggregates.flatMap(({ value }) => (value ? ofPath(value) : [])),
        ]),
  ]
  return [...new Set(used)]
}
