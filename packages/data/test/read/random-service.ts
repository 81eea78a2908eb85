import {
  type Catalog,
  type ColumnMember,
  type ContractDefinition,
  type DataRecord,
  type Dataset,
  datasetOf,
  type FieldDefinition,
  type FieldType,
  identity,
  type MemberDefinition,
  type ModelDefinition,
  type Principal,
  resolveCatalog,
  resolveService,
  type ResolvedModel,
  type ServiceDefinition,
  type Situation,
} from "@archipel/core"
import { isNullable } from "@archipel/data"
import { pick, type Random, seldom, some, uuidFrom } from "./random.ts"
import { randomValue } from "./random-value.ts"
import { randomWhere } from "./random-where.ts"

export const SERVICE = "world"
export const NOW = "2026-03-15T22:30:00.000Z"
const ROLES = ["a", "b", "c"]
const TYPES: readonly FieldType[] = [
  "text",
  "integer",
  "bigint",
  "decimal",
  "money",
  "bool",
  "date",
  "datetime",
  "choice",
  "uuid",
  "json",
  "longText",
]

export interface RandomService {
  readonly definition: ServiceDefinition
  readonly catalog: Catalog
  readonly logics: Situation["logics"]
}

const field = (random: Random, type: FieldType): FieldDefinition => ({
  kind: "field",
  type,
  writtenBy: "client",
  ...(seldom(random, 2) ? { optional: true as const } : {}),
  ...(type === "decimal" ? { scale: 2, precision: 20 } : type === "money" ? { scale: 3, precision: 20 } : {}),
  ...(type === "choice" ? { values: ["open", "Closed", "été"] } : {}),
})

const reference = (random: Random, to: string): MemberDefinition => ({
  kind: "one",
  to,
  writtenBy: "client",
  onDelete: "restrict",
  ...(seldom(random, 2) || to === `${SERVICE}.M0` ? { optional: true as const } : {}),
})

/** Models M0… refer to themselves and to earlier ones; the last one may be lines of the one before. */
function randomContract(random: Random): ContractDefinition {
  const count = random.integer(2, 4)
  const members: Record<string, MemberDefinition>[] = []
  const owned = seldom(random, 2)
  for (let i = 0; i < count; i++) {
    const own: Record<string, MemberDefinition> = { name: field(random, "text") }
    some(random, TYPES, 3, 7).forEach((type, n) => (own[`${type}${n}`] = field(random, type)))
    if (seldom(random, 2)) own["user"] = { ...reference(random, "identity.User"), optional: true } as MemberDefinition
    if (seldom(random, 2)) {
      own["parent"] = { ...reference(random, `${SERVICE}.M${i}`), optional: true } as MemberDefinition
      own["children"] = { kind: "many", to: `${SERVICE}.M${i}`, by: "parent" }
    }
    members.push(own)
    const lines = owned && i === count - 1
    for (let earlier = lines ? i - 1 : 0; earlier < i; earlier++) {
      if (!lines && seldom(random, 3)) continue
      const one = reference(random, `${SERVICE}.M${earlier}`)
      own[`to${earlier}`] = lines
        ? { kind: "one", to: `${SERVICE}.M${earlier}`, writtenBy: "client", onDelete: "cascade" }
        : one
      const list = { kind: "many", to: `${SERVICE}.M${i}`, by: `to${earlier}` } as const
      ;(members[earlier] as Record<string, MemberDefinition>)[`from${i}`] = lines ? { ...list, owned: true } : list
    }
    if (i > 0 && seldom(random, 2)) {
      own["links"] = { kind: "manyToMany", to: `${SERVICE}.M0` }
      ;(members[0] as Record<string, MemberDefinition>)[`linked${i}`] = {
        kind: "manyToMany",
        to: `${SERVICE}.M${i}`,
        inverse: "links",
      }
    }
  }
  const models = Object.fromEntries(
    members.map((own, i): [string, ModelDefinition] => {
      const archive = seldom(random, 3)
      // Some have a field with the company that they belong to, with or without records that all share.
      const company = Object.keys(own).find((name) => name.startsWith("choice"))
      const hasCompany = company !== undefined && seldom(random, 2)
      if (archive) own["archivedAt"] = { kind: "field", type: "datetime", writtenBy: "framework", optional: true }
      return [
        `M${i}`,
        {
          members: own,
          actions: {},
          title: "name",
          ...(seldom(random, 2) ? { search: textsOf(own) } : {}),
          unique: [],
          indexes: [],
          checks: {},
          ...(archive ? { archive } : {}),
          ...(seldom(random, 3) ? { publicTitle: true as const } : {}),
          ...(hasCompany ? { company } : {}),
          ...(hasCompany && seldom(random, 2) ? { sharedWhenNull: true as const } : {}),
        },
      ]
    }),
  )
  return { name: SERVICE, roles: ROLES, models }
}

const textsOf = (own: Readonly<Record<string, MemberDefinition>>): string[] =>
  Object.entries(own).flatMap(([name, member]) =>
    member.kind === "field" && (member.type === "text" || member.type === "longText") ? [name] : [],
  )

function randomGrants(random: Random, model: ResolvedModel): readonly object[] {
  const names = [...model.members.keys()].filter((name) => name !== "id")
  const grants = Array.from({ length: random.integer(1, 4) }, (_, i) => ({
    kind: "grant",
    role: seldom(random, 8) ? "public" : `${SERVICE}.${i === 0 ? "a" : pick(random, ROLES)}`,
    operations: ["read"],
    where: seldom(random, 2) ? "all" : randomWhere(random, { model, depth: 2, size: 3 }),
    ...(seldom(random, 2)
      ? {}
      : { fields: seldom(random, 2) ? some(random, names, 1, 6) : { except: some(random, names, 1, 3) } }),
  }))
  if (!seldom(random, 4)) return grants
  return [...grants, { kind: "restrict", where: randomWhere(random, { model, depth: 1, size: 2 }), why: "restricted" }]
}

export function randomService(random: Random): RandomService {
  const contract = randomContract(random)
  const catalog = resolveCatalog([contract, identity.definition])
  const logics = [...catalog.models.values()]
    .filter(({ service, owner }) => service === SERVICE && (!owner || seldom(random, 3)))
    .map((model) => ({ model: model.name, statements: randomGrants(random, model) as never }))
  return { definition: resolveService(contract, logics, catalog), catalog, logics }
}

export const USERS = ["0199a1b2-0000-7000-8000-00000000000a", "0199a1b2-0000-7000-8000-00000000000b"]

const COMPANIES = ["open", "Closed", "été"]
const companies = (random: Random): readonly string[] => some(random, COMPANIES, 0, 3)
const roleNames = (random: Random): readonly string[] => some(random, ROLES, 1, 3).map((role) => `${SERVICE}.${role}`)
const scopes = (random: Random): Pick<Principal, "scopes"> =>
  seldom(random, 3) ? { scopes: { [`${SERVICE}.${pick(random, ROLES)}`]: companies(random) } } : {}

/** A user of some companies, some of whose roles may be for some of them only, and for whom a service may act. */
export function randomPrincipal(random: Random): Principal {
  const actor: Principal = { kind: "service", id: "other", roles: [], claims: {}, timeZone: "UTC" }
  return {
    kind: "user",
    id: pick(random, USERS),
    roles: roleNames(random),
    claims: {
      one: pick(random, [1, "a", "open", "2.25"]),
      several: [0, 1, "B", "0.00", "open"],
      ...(seldom(random, 8) ? {} : { companies: companies(random) }),
    },
    timeZone: pick(random, ["UTC", "Europe/Paris", "America/Lima", "Pacific/Auckland"]),
    ...scopes(random),
    ...(seldom(random, 4) ? { actor: { ...actor, roles: roleNames(random), ...scopes(random) } } : {}),
  }
}

const modelsOf = ({ catalog }: RandomService): ResolvedModel[] =>
  [...catalog.models.values()].filter(({ service }) => service === SERVICE)

/** Records of every model, with many equal and many empty values. */
export function randomDataset(random: Random, service: RandomService): Dataset {
  const made: Record<string, DataRecord[]> = {}
  for (const model of modelsOf(service)) {
    const records: DataRecord[] = []
    made[model.name] = records
    const wanted = random.integer(0, 14)
    for (let i = 0; i < wanted; i++) {
      const record = randomRecord(random, model, made)
      if (record) records.push(record)
    }
  }
  return datasetOf(made)
}

function randomRecord(
  random: Random,
  model: ResolvedModel,
  made: Readonly<Record<string, readonly DataRecord[]>>,
): DataRecord | undefined {
  const record: Record<string, unknown> = {}
  for (const member of model.members.values()) {
    if (member.kind === "many" || (member.kind === "manyToMany" && !member.declaring)) continue
    if (member.kind === "manyToMany") {
      record[member.name] = some(random, made[member.target.name] ?? [], 0, 3).map(({ id }) => id)
      continue
    }
    const value = cellOf(random, member, made)
    if (value === undefined) return undefined
    record[member.name] = value
  }
  return record
}

function cellOf(random: Random, member: ColumnMember, made: Readonly<Record<string, readonly DataRecord[]>>): unknown {
  if (member.name === "id") return uuidFrom(random)
  if (member.name === "version") return random.integer(1, 3)
  if (isNullable(member) && seldom(random, 3)) return null
  if (member.kind === "field") return randomValue(random, member)
  if (member.to === "identity.User") return pick(random, USERS)
  const targets = made[member.target.name] ?? []
  if (targets.length > 0) return pick(random, targets)["id"]
  return isNullable(member) ? null : undefined
}
