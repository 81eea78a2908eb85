/**
 * What a principal sees, straight from the grants and restrictions as they are written.
 *
 * @module
 */
import type { Catalog, ListMember, ResolvedModel } from "../catalog.ts"
import { chainOf, COMPANIES_CLAIM, isSystem, type Principal, PUBLIC_ROLE } from "../gate/principal.ts"
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

const listed = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

/**
 * A record is seen if it satisfies every restriction, belongs to a company of the principal, and one reading grant of the principal's
 * roles matches it (of the companies for which the role was given); an owned line if its parent is seen and, where lines have grants
 * of their own, one of these matches. A cell is seen if one single grant covers its field and matches its record. Where services act
 * for the principal, all of this must hold with the roles of each of them.
 */
export function sightOf(situation: Situation): StaticSight {
  const { logics, principal, dataset } = situation
  const chain = isSystem(principal) ? [] : chainOf(principal).filter((one) => !isSystem(one))
  const statements = (model: ResolvedModel): Statement[] =>
    logics.filter((logic) => logic.model === model.name).flatMap((logic) => logic.statements)
  const grantsOf = (model: ResolvedModel): Grant[] => statements(model).filter((s) => s.kind === "grant")
  const reading = (model: ResolvedModel, one: Principal): Grant[] =>
    grantsOf(model).filter(
      (g) => g.operations.includes("read") && (g.role === PUBLIC_ROLE || one.roles.includes(g.role)),
    )
  const satisfies = (model: ResolvedModel, where: Grant["where"], record: DataRecord): boolean =>
    where === "all" || evaluateWhere(model, where, record, situation)
  const parentOf = (model: ResolvedModel, record: DataRecord): DataRecord | undefined => {
    const { owner } = model
    if (!owner) return undefined
    return dataset.records(owner.model.name).find((parent) => parent["id"] === record[owner.inverse.name])
  }
  /** Whether a record is of one of these companies, or shared by all. */
  const isOf = (model: ResolvedModel, record: DataRecord, companies: readonly unknown[]): boolean => {
    if (model.company) {
      const { member, sharedWhenNull } = model.company
      const cell = record[member.name] ?? null
      return cell === null ? sharedWhenNull : companies.map(String).includes(String(cell))
    }
    const parent = parentOf(model, record)
    return !model.owner || (parent !== undefined && isOf(model.owner.model, parent, companies))
  }
  const matches = (model: ResolvedModel, grant: Grant, record: DataRecord, one: Principal): boolean => {
    const scope = one.scopes?.[grant.role]
    return satisfies(model, grant.where, record) && (scope === undefined || isOf(model, record, scope))
  }
  const followsParent = (model: ResolvedModel): boolean => model.owner !== undefined && grantsOf(model).length === 0

  const sight: StaticSight = {
    record(model, record) {
      if (isSystem(principal)) return true
      const isRestricted = statements(model).some((s) => s.kind === "restrict" && !satisfies(model, s.where, record))
      if (isRestricted) return false
      if (model.company && !isOf(model, record, listed(principal.claims[COMPANIES_CLAIM]))) return false
      if (model.owner) {
        const parent = parentOf(model, record)
        const { name, model: parentModel } = model.owner
        if (!parent || !sight.record(parentModel, parent) || !sight.cell(parentModel, parent, name)) return false
      }
      return (
        followsParent(model) || chain.every((one) => reading(model, one).some((g) => matches(model, g, record, one)))
      )
    },
    cell: (model, record, field) =>
      field === "id" ||
      followsParent(model) ||
      chain.every((one) => reading(model, one).some((g) => covers(g, field) && matches(model, g, record, one))),
    field: (model, field) =>
      followsParent(model) || chain.every((one) => reading(model, one).some((g) => covers(g, field))),
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
        (followsParent(model) || chain.every((one) => reading(model, one).length > 0))),
  }
  return sight
}
