import type { Catalog, ColumnMember, FieldMember, Member, OneMember, ResolvedModel } from "./catalog.ts"
import { isComparison } from "./gate/bind-where.ts"
import { always } from "./gate/condition.ts"
import { PUBLIC_ROLE } from "./gate/principal.ts"
import type { MirrorDefinition } from "./mirror.ts"
import { snakeCase } from "./naming.ts"
import type { ModelBehaviour, ResolvedGrant } from "./service-definition.ts"
import { isRecord } from "./is-record.ts"

/** What is kept of one model of another service: a table here. */
export interface KeptModel {
  /** The owner's. */
  readonly model: ResolvedModel
  /** Of the owner's model; its `id` is kept besides. */
  readonly columns: readonly ColumnMember[]
  /** "mirror_crm_customers". */
  readonly table: string
}

/** The mirrors of a service, resolved against the contracts. */
export interface ResolvedMirrors {
  /** The models that are mirrored: "crm.Customer". */
  readonly models: readonly string[]
  /** With those on the way to a field. */
  readonly kept: readonly KeptModel[]
  /** What may be done with the records that are kept: they are models of their own, one for each place in a path. */
  readonly behaviours: ReadonlyMap<ResolvedModel, ModelBehaviour>
  /** A reference into another service as one to what is kept of its target here; undefined where nothing is. */
  through(member: OneMember): OneMember | undefined
  /**
   * The same, if what is kept is all that a condition on the target names.
   *
   * @param isOpen Whether a kept field is there for who asks.
   */
  covering(
    member: OneMember,
    where: Readonly<Record<string, unknown>>,
    isOpen: (field: Member) => boolean,
  ): OneMember | undefined
}

/** One place in the paths of a mirror: the mirrored model itself, or a model that a reference on the way leads to. */
interface Place {
  readonly of: ResolvedModel
  readonly model: ResolvedModel
  /** Path to this place, with a dot behind each reference: "", "country.". */
  readonly prefix: string
  readonly columns: Map<string, ColumnMember>
  readonly next: Map<string, Place>
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }

const COMBINING: ReadonlySet<string> = new Set(["and", "or", "not"])

export const mirrorTable = (model: ResolvedModel): string =>
  `mirror_${snakeCase(model.service)}_${snakeCase(model.collection.replaceAll("-", "_"))}`

/** A model of another service as it is seen here: no members yet but its id, and nothing that only its owner needs. */
function emptyModel(of: ResolvedModel, mirror: string): ResolvedModel {
  const model: Draft<ResolvedModel> = {
    ...of,
    table: mirrorTable(of),
    mirror,
    title: "id",
    publicTitle: false,
    search: [],
    archive: false,
    discussion: false,
    lists: [],
    actions: new Map(),
    unique: [],
    indexes: [],
    checks: {},
    company: undefined,
    owner: undefined,
  }
  const { default: _, ...id } = of.members.get("id") as FieldMember
  const own: FieldMember = { ...id, model }
  model.members = new Map([["id", own]])
  model.columns = [own]
  return model
}

/** A column of another service's record as it is kept here: it may be empty, and what it refers to is elsewhere. */
function keptColumn(member: ColumnMember, model: ResolvedModel): ColumnMember {
  const { default: _, ...rest } = member
  return member.kind === "one"
    ? ({ ...rest, model, optional: true, local: false } as OneMember)
    : ({ ...rest, model, optional: true } as FieldMember)
}

function placesOf(
  definition: MirrorDefinition,
  root: ResolvedModel,
  say: (what: string) => void,
): { readonly root: Place; readonly all: readonly Place[] } {
  const place = (of: ResolvedModel, prefix: string): Place => {
    if (of.adopted) say(`${of.name} stands on an adopted table, with a key of its own: it cannot be mirrored.`)
    if (of.owner) say(`${of.name} are lines of ${of.owner.model.name}, and change with it: they cannot be mirrored.`)
    return { of, model: emptyModel(of, root.name), prefix, columns: new Map(), next: new Map() }
  }
  const first = place(root, "")
  const all = [first]
  for (const path of definition.paths) {
    let at = first
    const names = path.split(".")
    for (const [i, name] of names.entries()) {
      const member = at.of.members.get(name)
      if (member?.kind !== "field" && member?.kind !== "one") {
        say(`"${path}": ${at.of.name} has no ${member ? "column" : "field"} "${name}".`)
        break
      }
      if (name !== "id") at.columns.set(name, member)
      if (i === names.length - 1) break
      if (member.kind !== "one" || !member.local) {
        say(`"${path}": ${at.of.name}.${name} leads ${member.kind === "one" ? "into another service" : "nowhere"}.`)
        break
      }
      let next = at.next.get(name)
      if (!next) {
        next = place(member.target, `${at.prefix}${name}.`)
        at.next.set(name, next)
        all.push(next)
      }
      at = next
    }
  }
  for (const { model, columns } of all) {
    const members = model.members as Map<string, ColumnMember>
    for (const [name, member] of columns) members.set(name, keptColumn(member, model))
    ;(model as Draft<ResolvedModel>).columns = [...members.values()]
  }
  return { root: first, all }
}

/** What the grants of a mirror say of one place in it. */
function grantsAt(place: Place, service: string, { model, paths, grants }: MirrorDefinition): ResolvedGrant[] {
  return grants.flatMap(({ role, fields = paths }): ResolvedGrant[] => {
    const names = fields
      .filter((path) => path.startsWith(place.prefix))
      .map((path) => path.slice(place.prefix.length).split(".")[0] as string)
    if (names.length === 0) return []
    return [
      {
        id: `${service}/mirror/${model}/grant/${role.slice(role.indexOf(".") + 1)}`,
        role,
        operations: new Set(["read"]),
        where: always,
        check: always,
        fields: new Set(names),
        readOnly: new Set(),
        presets: new Map(),
      },
    ]
  })
}

const readingOnly = (model: ResolvedModel, grants: readonly ResolvedGrant[]): ModelBehaviour => ({
  model,
  owner: undefined,
  grants,
  restrictions: [],
  computes: [],
  rollups: [],
  suggestions: [],
  checks: [],
  warnings: [],
  invocations: new Map(),
  locks: [],
})

/** Whether a condition names something, and nothing but what is kept and open to who asks. That there is a record at all, its owner says. */
function covers(place: Place, where: Readonly<Record<string, unknown>>, isOpen: (field: Member) => boolean): boolean {
  const said = Object.entries(where)
  if (said.length === 0) return false
  return said.every(([name, value]) => {
    if (COMBINING.has(name)) return [value].flat().every((each) => !isRecord(each) || covers(place, each, isOpen))
    const member = place.model.members.get(name)
    if (member === undefined || !isOpen(member)) return false
    if (member.kind !== "one" || !isRecord(value)) return true
    if (isComparison(value, member) || Object.keys(value).join() === "id") return true
    const next = place.next.get(name)
    return next !== undefined && covers(next, value, isOpen)
  })
}

/**
 * Resolves the mirrors of a service, and adds to `mistakes`, in words, what cannot be.
 *
 * @param roles Of the service.
 */
export function resolveMirrors(
  service: string,
  definitions: readonly MirrorDefinition[],
  catalog: Catalog,
  roles: ReadonlySet<string>,
  mistakes: string[],
): ResolvedMirrors {
  const roots = new Map<string, Place>()
  const places = new Map<ResolvedModel, Place>()
  const behaviours = new Map<ResolvedModel, ModelBehaviour>()
  const kept = new Map<string, { readonly model: ResolvedModel; readonly columns: Set<ColumnMember> }>()
  for (const definition of definitions) {
    const say = (what: string): void => void mistakes.push(`${service}: the mirror of ${definition.model}: ${what}`)
    const model = catalog.models.get(definition.model)
    if (!model) say("no known contract declares that model: check the name, or import its contract.")
    else if (model.service === service) say("it is the service's own: its fields can be used as they are.")
    else if (roots.has(model.name)) say("there are two of it: name all fields in one.")
    if (!model || model.service === service || roots.has(model.name)) continue
    if (definition.paths.length === 0) say("it names no field.")
    for (const { role, fields = [] } of definition.grants) {
      if (!roles.has(role) && role !== PUBLIC_ROLE)
        say(`there is no role "${role}"; the contract declares ${[...roles].join(", ") || "none"}.`)
      for (const field of fields)
        if (!definition.paths.includes(field)) say(`a grant names "${field}", which is not mirrored.`)
    }
    const { root, all } = placesOf(definition, model, say)
    roots.set(model.name, root)
    for (const place of all) {
      places.set(place.model, place)
      behaviours.set(place.model, readingOnly(place.model, grantsAt(place, service, definition)))
      const known = kept.get(place.of.name) ?? { model: place.of, columns: new Set() }
      kept.set(place.of.name, known)
      for (const column of place.columns.values()) known.columns.add(column)
    }
  }
  const placeBehind = (member: OneMember): Place | undefined =>
    member.model.mirror === undefined ? roots.get(member.to) : places.get(member.model)?.next.get(member.name)
  const made = new Map<OneMember, OneMember>()
  const through = (member: OneMember): OneMember | undefined => {
    const known = made.get(member)
    const place = known ? undefined : placeBehind(member)
    if (place) made.set(member, { ...member, target: place.model, local: true })
    return known ?? made.get(member)
  }
  return {
    models: [...roots.keys()],
    kept: [...kept.values()].map(({ model, columns }) => ({ model, columns: [...columns], table: mirrorTable(model) })),
    behaviours,
    through,
    covering(member, where, isOpen) {
      // The id alone is the reference's own cell.
      if (Object.keys(where).join() === "id") return undefined
      const place = placeBehind(member)
      return place && covers(place, where, isOpen) ? through(member) : undefined
    },
  }
}
