import type { ColumnMember, ResolvedModel, StaticSight, WhereJson } from "@archipel/core"
import { pick, type Random, seldom, some } from "./random.ts"
import { randomText, randomValue } from "./random-value.ts"

export interface WhereOptions {
  readonly model: ResolvedModel
  /** Relations from here at most. */
  readonly depth: number
  /** Parts of one object at most. */
  readonly size: number
  /** A caller may name only what could be seen; a rule anything. */
  readonly sight?: StaticSight
  /** Whether conditions go into other services. */
  readonly elsewhere?: boolean
  /** A value that some record has, so that something is found; undefined where there is none. */
  readonly value?: (member: ColumnMember) => unknown
}

const OPAQUE: ReadonlySet<string> = new Set(["json", "file", "image"])
const USER = "0199a1b2-0000-7000-8000-00000000000a"

const isNamed = ({ sight, model }: WhereOptions, name: string): boolean =>
  !sight || (name === "id" ? sight.model(model) : sight.field(model, name))

export function randomWhere(random: Random, options: WhereOptions): WhereJson {
  const { model, depth, size, sight } = options
  const columns = model.columns.filter(({ name }) => isNamed(options, name))
  const lists = depth > 0 ? model.lists.filter((list) => !sight || sight.list(list)) : []
  const where: Record<string, unknown> = {}
  const deeper = { ...options, size: Math.max(1, size - 1) }
  for (const member of some(random, [...columns, ...lists], 1, size)) {
    if (member.kind === "many" || member.kind === "manyToMany") {
      const inner = randomWhere(random, { ...deeper, model: member.target, depth: depth - 1 })
      where[member.name] = { [pick(random, ["some", "none"])]: inner }
    } else where[member.name] = columnCondition(random, member, deeper)
  }
  // Without an end, connectives would outgrow the number of comparisons that a query may have.
  if (size === 1) return where
  if (seldom(random, 4)) where["or"] = [randomWhere(random, deeper), randomWhere(random, deeper)]
  if (seldom(random, 5)) where["not"] = randomWhere(random, deeper)
  if (seldom(random, 8)) where["and"] = [randomWhere(random, deeper)]
  return where
}

function columnCondition(random: Random, member: ColumnMember, options: WhereOptions): unknown {
  if (seldom(random, 6)) return null
  if (seldom(random, 6)) return { isSet: pick(random, [true, false]) }
  if (member.kind === "one") {
    const { target, local } = member
    const canNest = (local || options.elsewhere) && options.depth > 0 && (!options.sight || options.sight.model(target))
    if (canNest && !seldom(random, 3)) {
      const inner = randomWhere(random, { ...options, model: target, depth: options.depth - 1 })
      // An id alone is not asked of another service: it is compared here.
      return local || Object.keys(inner).join() !== "id" ? inner : { and: [inner] }
    }
    if (member.to === "identity.User" && seldom(random, 2)) return { $me: "id" }
    const id = options.value?.(member) ?? USER
    return pick<unknown>(random, [id, { not: id }, { in: [id] }, { not: null }])
  }
  if (OPAQUE.has(member.type)) return { isSet: true }
  const value = (): unknown => options.value?.(member) ?? randomValue(random, member)
  const isText = ["text", "longText"].includes(member.type)
  const choices: (() => unknown)[] = [
    value,
    () => ({ not: value() }),
    () => ({ not: null }),
    () => ({ in: [value(), value()] }),
    () => ({ in: { $claim: pick(random, ["one", "several", "absent"]) } }),
    () => ({ $claim: pick(random, ["one", "several", "absent"]) }),
  ]
  if (member.type !== "bool") {
    choices.push(() => ({ [pick(random, ["lt", "lte", "gt", "gte"])]: value() }))
    choices.push(() => ({ gte: value(), lt: value() }))
    choices.push(() => ({ lt: { $claim: pick(random, ["one", "several", "absent"]) } }))
  }
  if (isText) {
    choices.push(() => ({ contains: randomText(random) }))
    choices.push(() => ({ startsWith: randomText(random) }))
    choices.push(() => ({ not: randomText(random), contains: randomText(random) }))
  }
  if (member.type === "date" || member.type === "datetime") {
    choices.push(() => ({ [pick(random, ["eq", "not", "lt", "gte"])]: { $today: random.integer(-2, 2) } }))
  }
  return pick(random, choices)()
}
