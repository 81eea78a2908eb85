import { type AccessQuestion, ArchipelError, isRecord, type Principal, publicPrincipal } from "@archipel/core"
import { readJsonObject } from "./body.ts"
import type { Exchange, ModelTarget, RecordTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import { json, type Reply } from "./reply.ts"

const invalid = (path: string, code: string, detail: string) =>
  new ArchipelError("request.invalid", { errors: [{ path, code, detail }] })

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string")

const NOBODY = "00000000-0000-0000-0000-000000000000"
const DESCRIBED = new Set(["kind", "id", "roles", "claims", "timeZone", "scopes", "actor"])

/** Somebody who need not exist: what would a user with these roles be allowed? */
function described(value: unknown, path: string, kind: "user" | "service"): Principal {
  if (value === "public") return publicPrincipal
  if (!isRecord(value)) throw invalid(path, "value.type", 'A principal is an object, or "public".')
  const unknown = Object.keys(value).find((name) => !DESCRIBED.has(name))
  if (unknown !== undefined) throw invalid(path, "value.unknown", `A principal has no "${unknown.slice(0, 40)}".`)
  const { id = NOBODY, roles = [], claims = {}, timeZone = "UTC", scopes, actor } = value
  if (value["kind"] !== undefined && value["kind"] !== kind)
    throw invalid(`${path}/kind`, "value.type", `The kind here is "${kind}".`)
  if (typeof id !== "string") throw invalid(`${path}/id`, "value.type", "An id is a text.")
  if (!isTexts(roles)) throw invalid(`${path}/roles`, "value.type", "Roles are a list of texts.")
  if (!isRecord(claims)) throw invalid(`${path}/claims`, "value.type", "Claims are an object.")
  if (typeof timeZone !== "string" || !isTimeZone(timeZone))
    throw invalid(`${path}/timeZone`, "value.type", "There is no such time zone.")
  if (scopes !== undefined && (!isRecord(scopes) || !Object.values(scopes).every(isTexts)))
    throw invalid(`${path}/scopes`, "value.type", "Scopes are lists of companies by role.")
  return {
    kind,
    id,
    roles,
    claims,
    timeZone,
    ...(scopes === undefined ? {} : { scopes: scopes as Readonly<Record<string, readonly string[]>> }),
    ...(actor === undefined ? {} : { actor: described(actor, `${path}/actor`, "service") }),
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name })
    return true
  } catch {
    return false
  }
}

async function subject(exchange: Exchange, body: Readonly<Record<string, unknown>>): Promise<Principal> {
  const { user, principal } = body
  if (user !== undefined && principal !== undefined)
    throw invalid("/principal", "value.contradiction", "Name a user or describe a principal, not both.")
  if (principal !== undefined) return described(principal, "/principal", "user")
  if (user === undefined) return exchange.principal
  if (typeof user !== "string") throw invalid("/user", "value.type", "A user is named by a text.")
  const known = await exchange.principalOf?.(user)
  if (known === undefined) throw invalid("/user", "value.unknown", "There is no such user, or it is not known here.")
  return known
}

async function explain(exchange: Exchange, { runtime, model }: ModelTarget, id: string | undefined): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  // The right to ask comes first: who has none learns nothing, not even whether a user exists.
  runtime.assertMayExplain(exchange.principal, model.name)
  const { value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const unknown = Object.keys(value).find((name) => name !== "user" && name !== "principal" && name !== "operation")
  if (unknown !== undefined) throw invalid("", "value.unknown", `There is no "${unknown.slice(0, 40)}" to ask about.`)
  const { operation } = value
  if (typeof operation !== "string") throw invalid("/operation", "value.required", "Say which operation is meant.")
  const question: AccessQuestion = { model: model.name, operation, ...(id === undefined ? {} : { id }) }
  const answer = await runtime.explain(exchange.principal, await subject(exchange, value), question, exchange.flight)
  return json(JSON.stringify(answer))
}

/** Why somebody may or may not do something with a record. */
export const explainRecord = (exchange: Exchange, target: RecordTarget): Promise<Reply> =>
  explain(exchange, target, target.id)

/** Why somebody may or may not do something with the records of a model. */
export const explainModel = (exchange: Exchange, target: ModelTarget): Promise<Reply> =>
  explain(exchange, target, undefined)
