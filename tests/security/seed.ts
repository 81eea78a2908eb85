/**
 * Records for every model of a program, with a value in each cell that occurs nowhere else.
 *
 * @module
 */
import type { FieldMember, FileReference, Principal, ResolvedModel } from "@archipel/core"
import type { FileStore } from "../../packages/server/src/files/file-store.ts"
import type { ServiceRuntime } from "../../packages/server/src/service-runtime.ts"
import { pick, type Random, seldom } from "../../packages/data/test/read/random.ts"
import { idOf } from "../support/company.ts"
import { canaryNumber, canaryWord } from "./canaries.ts"
import { companies, logins, type Persona, personas } from "./personas.ts"

const CONTEXT = { traceId: "0".repeat(32) }
/** Records of each model; people are as many as have a login, and three more. */
const COUNT = 10

type Values = Record<string, unknown>

/** What a field needs that its type does not say, by "service.Model.field". */
const special: Readonly<Record<string, (n: number, random: Random) => unknown>> = {
  "crm.Country.code": (n) => `${String.fromCharCode(65 + (n % 26))}${String.fromCharCode(75 + n)}`,
  "crm.Customer.parent": (n) => (n % 3 === 2 ? idOfRecord("crm.Customer", n - 2) : null),
  "people.Employee.user": (n) => [personas.martin.id, personas.clara.id, null, personas.peter.id][n] ?? null,
  "people.Employee.manager": (n) => (n === 0 ? null : idOfRecord("people.Employee", n < 4 ? 0 : 3)),
  "people.Employee.birthDate": (n) => `19${70 + n}-01-0${1 + (n % 9)}`,
  "people.Employee.hireDate": (n) => `20${10 + n}-02-0${1 + (n % 9)}`,
  "people.Expense.employee": (n) => idOfRecord("people.Employee", n % 5),
  "sales.Order.date": (n) => `2026-0${1 + (n % 6)}-1${n % 10}`,
  "sales.Order.requiredDate": () => null,
  "sales.Order.shippedDate": () => null,
  // Kept, but of no use: a second factor would be asked for.
  "identity.Credential.kind": () => "recovery",
  "identity.Credential.confirmed": () => false,
  "identity.Client.redirectUris": () => [],
  "identity.Client.postLogoutRedirectUris": () => [],
  "identity.Client.mayCall": () => [],
  "identity.Client.jwks": () => null,
  "identity.Session.expiresAt": () => "2099-01-01T00:00:00.000Z",
  "identity.Artifact.expiresAt": () => "2099-01-01T00:00:00.000Z",
  "identity.Link.expiresAt": () => "2099-01-01T00:00:00.000Z",
  "identity.Attempt.windowEndsAt": () => "2099-01-01T00:00:00.000Z",
  "vault.Note.sealed": (n) => n % 5 === 3,
  "vault.Note.parent": (n) => (n === 0 || n % 3 === 0 ? null : idOfRecord("vault.Note", n - 1)),
  "vault.Note.rank": (_, random) => random.integer(1_000_000_000, 2_000_000_000),
  "vault.Label.open": (n) => n % 2 === 0,
  "vault.Announcement.published": (n) => n % 2 === 0,
  "vault.Ledger.company": (n) => companies[n % 3],
  "vault.Calendar.company": (n) => [...companies, null][n % 4],
}
const owners = [personas.alice.id, personas.martin.id, personas.clara.id, null, personas.una.id, personas.sven.id]

const kinds = new Map<string, number>()
/** The id of the n-th record of a model. */
export const idOfRecord = (model: string, n: number): string => {
  if (!kinds.has(model)) kinds.set(model, 100 + kinds.size)
  return idOf(kinds.get(model) as number, n + 1)
}

/** A value of a field that nothing else has, as far as its type can hold one. */
export function uniqueValue(member: FieldMember, random: Random): unknown {
  const word = canaryWord(random)
  switch (member.type) {
    case "text":
    case "longText":
      return (member.maxLength ?? 255) < word.length ? word.slice(0, member.maxLength) : word
    case "email":
      return `${word}@example.com`
    case "url":
      return `https://${word}.example/`
    case "html":
      return `<p>${word}</p>`
    case "json":
      return { said: word, counted: canaryNumber(random) }
    case "phone":
      return `+${canaryNumber(random)}`
    case "money":
      return `${canaryNumber(random)}.${random.integer(10, 99)}`
    case "decimal":
      return member.max === undefined ? `${canaryNumber(random)}.25` : `0.${random.integer(1000, 9999)}`
    case "integer":
      return random.integer(1, 900)
    case "bool":
      return seldom(random, 2)
    case "date":
      return `2025-0${random.integer(1, 9)}-1${random.integer(0, 9)}`
    case "datetime":
      return `2025-0${random.integer(1, 9)}-11T10:00:00.000Z`
    case "choice":
      return pick(random, member.values ?? [])
    default:
      return undefined
  }
}

/** Values for the n-th record of a model, its lines included; `undefined` where a required reference has nothing to refer to. */
function valuesOf(
  model: ResolvedModel,
  n: number,
  made: ReadonlyMap<string, readonly string[]>,
  random: Random,
): Values {
  const values: Values = {}
  for (const member of model.columns) {
    const own = special[`${model.name}.${member.name}`]
    if (own) values[member.name] = own(n, random)
    else if (member.name === "id" || member.writtenBy === "framework" || member.writtenBy === "compute") continue
    else if (member.kind === "field") {
      const value = uniqueValue(member, random)
      if (value !== undefined) values[member.name] = value
    } else if (member === model.owner?.inverse) continue
    else if (member.to === "identity.User") {
      const owner = owners[n % owners.length] ?? null
      values[member.name] = owner === null && !member.optional ? personas.una.id : owner
    } else {
      const targets = made.get(member.to) ?? []
      if (targets.length > 0) values[member.name] = targets[n % targets.length]
    }
  }
  for (const list of model.lists) {
    if (list.kind === "manyToMany" && list.declaring) {
      const targets = made.get(list.target.name) ?? []
      values[list.name] = targets.filter((_, i) => (i + n) % 4 === 0)
    } else if (list.kind === "many" && list.owned) {
      values[list.name] = Array.from({ length: n % 3 }, (_, k) => valuesOf(list.target, n * 3 + k, made, random))
    }
  }
  return values
}

/** Every model after those that it refers to, its lines with it. */
function ordered(models: readonly ResolvedModel[]): ResolvedModel[] {
  const done: ResolvedModel[] = []
  const visit = (model: ResolvedModel, path: readonly ResolvedModel[]): void => {
    if (path.includes(model) || done.includes(model) || !models.includes(model)) return
    for (const member of model.columns)
      if (member.kind === "one" && member.target !== model) visit(member.target, [...path, model])
    for (const list of model.lists) {
      if (list.kind === "manyToMany" && list.declaring) visit(list.target, [...path, model])
      if (list.kind === "many" && list.owned)
        for (const inner of list.target.columns)
          if (inner.kind === "one" && inner.target !== model) visit(inner.target, [...path, model])
    }
    done.push(model)
  }
  for (const model of models) visit(model, [])
  return done
}

/** What the directory keeps of people and their logins, aside from who may what. */
const ofIdentity: ReadonlySet<string> = new Set(
  ["ServiceAccount", "Client", "Credential", "Session", "ExternalLogin", "Link", "Attempt", "Artifact"].map(
    (name) => `identity.${name}`,
  ),
)

/** The personas as users with a group each; those of development lose the groups that they have. */
async function seedPersonas(identity: ServiceRuntime, system: Principal, random: Random): Promise<void> {
  const query = async (model: string, where: object): Promise<{ readonly id: string }[]> => {
    const { data } = await identity.query(
      system,
      { model, where: where as never, select: ["id"], limit: 1_000 },
      CONTEXT,
    )
    return JSON.parse(data) as { id: string }[]
  }
  for (const id of companies) {
    const values = { code: canaryWord(random), name: canaryWord(random) }
    await identity.change(system, { operation: "create", model: "identity.Company", id, values }, CONTEXT)
  }
  const old = await query("identity.Group", {})
  for (const login of logins) {
    const { id, roles, claims, scopes } = personas[login] as Persona
    const { companies: own = [], ...attributes } = claims
    const values = { attributes, companies: own }
    const isKnown = (await query("identity.User", { id })).length > 0
    await identity.change(
      system,
      isKnown
        ? { operation: "update", model: "identity.User", id, values }
        : {
            operation: "create",
            model: "identity.User",
            id,
            values: {
              ...values,
              name: `${login} ${canaryWord(random)}`,
              email: `${login}@example.com`,
              emailVerified: true,
            },
          },
      CONTEXT,
    )
    const assignments = roles.map((role) => ({ role, companies: scopes?.[role] ?? [] }))
    const group = { name: login, members: [id], assignments }
    await identity.change(system, { operation: "create", model: "identity.Group", values: group }, CONTEXT)
  }
  for (const { id } of old) await identity.change(system, { operation: "delete", model: "identity.Group", id }, CONTEXT)
}

export interface Seeding {
  readonly services: ReadonlyMap<string, ServiceRuntime>
  readonly files: FileStore
  readonly system: Principal
  readonly random: Random
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** A file whose name and content occur nowhere else; a picture as far as its first bytes say. */
export async function uniqueFile(files: FileStore, random: Random): Promise<FileReference> {
  const bytes = Buffer.concat([Buffer.from(PNG), Buffer.from(`content ${canaryWord(random)}`)])
  return files.put(
    (async function* () {
      yield bytes
    })(),
    { name: `${canaryWord(random)}.png`, type: "image/png" },
    1_000,
  )
}

/** Writes them with the rights of the system. */
export async function seedEverything({ services, files, system, random }: Seeding): Promise<void> {
  const runtimeOf = (model: string): ServiceRuntime => services.get(model.split(".")[0] as string) as ServiceRuntime
  const create = (model: string, id: string, values: Values) =>
    runtimeOf(model).change(system, { operation: "create", model, id, values }, CONTEXT)
  await seedPersonas(runtimeOf("identity.User"), system, random)
  const made = new Map<string, readonly string[]>()
  const models = [...services.values()].flatMap(({ definition }) => [...definition.models.values()].map((b) => b.model))
  for (const model of ordered(models.filter(({ service, name }) => service !== "identity" || ofIdentity.has(name)))) {
    if (model.owner) continue
    const ids: string[] = []
    for (let n = 0; n < COUNT; n++) {
      const id = idOfRecord(model.name, n)
      const values = valuesOf(model, n, made, random)
      for (const member of model.columns) {
        const isFile = member.kind === "field" && (member.type === "file" || member.type === "image")
        if (isFile && n < 5) values[member.name] = await uniqueFile(files, random)
      }
      await create(model.name, id, values)
      ids.push(id)
      made.set(model.name, ids)
    }
  }
  const invoke = (model: string, n: number, action: string, input: Values = {}) =>
    runtimeOf(model).change(system, { operation: "invoke", model, id: idOfRecord(model, n), action, input }, CONTEXT)
  for (const n of [1, 4, 7, 8]) await invoke("sales.Order", n, "confirm")
  await invoke("sales.Order", 4, "ship", { shippedDate: "2026-07-01" })
  await invoke("sales.Order", 8, "cancel")
  for (const n of [1, 2, 6]) await invoke("people.Expense", n, "submit")
  await invoke("people.Expense", 6, "reject", { rejectedBecause: canaryWord(random) })
}
