/**
 * What a principal sees, straight from the grants and restrictions as they are written.
 *
 * @module
 */
import type { Catalog, ListMember, ResolvedModel } from "../catalog.ts"
import { isSystem, type Principal } from "../gate/principal.ts"
import type { Logic, Statement } from "../logic.ts"
import type { DataRecord, Dataset } from "./dataset.ts"
import { evaluateWhere, type Sight } from "./evaluate-where.ts"

type Grant = Extract<Statement, { kind: "grant" }>

/** A service as its authors wrote it, and who looks at which records. */
export interface Situation {
  readonly catalog: Catalog
  readonly logics: readonly Pick<Logic<string>, "model" | "statements">[]
  readonly principal: Principal
  readonly now: string
  readonly dataset: Dataset
}

/** What a principal sees, with what it could see of any record at all. */
export interface StaticSight extends Sight {
  /** Whether a cell of the field could ever be seen: if not, the field does not exist for the principal. */
  field(model: ResolvedModel, field: string): boolean
  /** Whether a record could ever be seen in the list: if not, the list does not exist for the principal. */
  list(member: ListMember): boolean
  /** Whether a record of the model could ever be seen. */
  model(model: ResolvedModel): boolean
}

const covers = ({ fields }: Grant, field: string): boolean =>
  field === "id" ||
  fields === undefined ||
  ("except" in fields ? !fields.except.includes(field) : fields.includes(field))

/**
 * A record is seen if it satisfies every restriction and one reading grant of the principal's roles; an owned line if its parent
 * is seen and, where lines have grants of their own, one of these. A cell is seen if one single grant covers its field and matches
 * its record.
 */
export function sightOf(situation: Situation): StaticSight {
  const { logics, principal, dataset } = situation
  const statements = (model: ResolvedModel): Statement[] =>
    logics.filter((logic) => logic.model === model.name).flatMap((logic) => logic.statements)
  const grantsOf = (model: ResolvedModel): Grant[] => statements(model).filter((s) => s.kind === "grant")
  const reading = (model: ResolvedModel): Grant[] =>
    grantsOf(model).filter((g) => g.operations.includes("read") && principal.roles.includes(g.role))
  const holds = (model: ResolvedModel, where: Grant["where"], record: DataRecord): boolean =>
    where === "all" || evaluateWhere(model, where, record, situation)
  const followsParent = (model: ResolvedModel): boolean => model.owner !== undefined && grantsOf(model).length === 0

  const sight: StaticSight = {
    record(model, record) {
      if (isSystem(principal)) return true
      const isRestricted = statements(model).some((s) => s.kind === "restrict" && !holds(model, s.where, record))
      if (isRestricted) return false
      if (model.owner) {
        const { inverse, name, model: parentModel } = model.owner
        const parent = dataset.records(parentModel.name).find((p) => p["id"] === record[inverse.name])
        if (!parent || !sight.record(parentModel, parent) || !sight.cell(parentModel, parent, name)) return false
      }
      return followsParent(model) || reading(model).some((g) => holds(model, g.where, record))
    },
    cell: (model, record, field) =>
      isSystem(principal) ||
      field === "id" ||
      followsParent(model) ||
      reading(model).some((g) => covers(g, field) && holds(model, g.where, record)),
    field: (model, field) =>
      isSystem(principal) || followsParent(model) || reading(model).some((g) => covers(g, field)),
    list(member) {
      const link = member.kind === "many" ? member.by : member.inverse
      return (
        sight.field(member.model, member.name) &&
        sight.model(member.target) &&
        (link === undefined || sight.field(member.target, link))
      )
    },
    model: (model) =>
      isSystem(principal) ||
      ((!model.owner || (sight.model(model.owner.model) && sight.field(model.owner.model, model.owner.name))) &&
        (followsParent(model) || reading(model).length > 0)),
  }
  return sight
}
