import assert from "node:assert/strict"
import { collectionName, knownContracts, type ModelName } from "@archipel/core"
import type { TestApp } from "./test-service.ts"
import type { Who } from "./test-user.ts"

type Values = Readonly<Record<string, unknown>>
/** Values, or what makes them where they depend on the record. */
type ValuesOf = Values | ((app: TestApp, id: string) => Values | Promise<Values>)

/** One thing to try with a record. */
export type Probe =
  /** See one of its fields or lists. */
  | { readonly see: string }
  /** Change it. */
  | { readonly update: ValuesOf }
  /** A transition or an action, with its input. */
  | { readonly do: string; readonly input?: ValuesOf }
  | "delete"
  | "archive"

/**
 * Who may do what with which records, as a table. What it does not say is allowed must be refused: a record that is not named under
 * `read` must not be there (404, or 403 where nothing like it may ever be done), all else must be answered 403.
 */
export interface Policy {
  readonly model: ModelName
  readonly personas: Readonly<Record<string, Who>>
  /** Each makes one more record of its kind, with the rights of the system. */
  readonly rows: Readonly<Record<string, (app: TestApp) => Promise<string>>>
  /** Besides "read", which is always tried. */
  readonly operations: Readonly<Record<string, Probe>>
  /** By persona and kind of row, the operations that are allowed, with spaces between: `{ clerk: { own: "read update", foreign: "" } }`. */
  readonly allowed: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Values of records to create. */
  readonly creates?: Readonly<Record<string, Values | ((app: TestApp) => Values | Promise<Values>)>>
  /** By persona, which of these may be created. */
  readonly mayCreate?: Readonly<Record<string, string>>
}

type Outcome = "allowed" | "refused" | "hidden" | `answered ${number} ${string}`

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "")

/** @throws TypeError for a name that the policy does not define, and where a row of the table is missing: it would prove nothing */
function assertComplete(policy: Policy): void {
  const { personas, rows, operations, allowed, creates = {}, mayCreate } = policy
  const isKnown = new Set(["read", ...Object.keys(operations)])
  for (const persona of Object.keys(personas)) {
    for (const row of Object.keys(rows)) {
      const cell = allowed[persona]?.[row]
      if (cell === undefined) throw new TypeError(`The policy does not say what ${persona} may do with ${row}.`)
      const unknown = words(cell).find((word) => !isKnown.has(word))
      if (unknown !== undefined) throw new TypeError(`The policy has no operation "${unknown}".`)
    }
    if (Object.keys(creates).length > 0 && mayCreate?.[persona] === undefined)
      throw new TypeError(`The policy does not say what ${persona} may create.`)
  }
  const known = new Set(Object.keys(personas))
  const stranger = [...Object.keys(allowed), ...Object.keys(mayCreate ?? {})].find((name) => !known.has(name))
  if (stranger !== undefined) throw new TypeError(`The policy has no persona "${stranger}".`)
}

function addressOf(model: string): string {
  const [service = "", name = ""] = model.split(".")
  const plural = knownContracts().get(service)?.models[name]?.plural
  return `/api/${service}/${collectionName(name, plural)}`
}

async function outcomeOf(answer: Response, field?: string): Promise<Outcome> {
  const text = await answer.text()
  const body = (text === "" ? {} : JSON.parse(text)) as { readonly code?: string; readonly _masked?: readonly string[] }
  if (answer.ok) return field !== undefined && body._masked?.includes(field) ? "refused" : "allowed"
  if (answer.status === 403) return "refused"
  if (answer.status === 404) return "hidden"
  // A field that may never be seen is as one that does not exist.
  if (answer.status === 400 && body.code === "query.unknown_field") return "refused"
  return `answered ${answer.status} ${body.code ?? ""}`
}

const made = async (values: ValuesOf | undefined, app: TestApp, id: string): Promise<Values> =>
  typeof values === "function" ? values(app, id) : (values ?? {})

async function tryProbe(app: TestApp, who: Who, address: string, id: string, probe: Probe): Promise<Outcome> {
  const send = app.http(who)
  const at = `${address}/${id}`
  if (probe === "delete") return outcomeOf(await send(at, { method: "DELETE" }))
  if (probe === "archive") return outcomeOf(await send(`${at}/$archive`, { method: "POST", body: {} }))
  if ("see" in probe) return outcomeOf(await send(`${at}?select=${probe.see}`), probe.see)
  if ("update" in probe) return outcomeOf(await send(at, { method: "PATCH", body: await made(probe.update, app, id) }))
  return outcomeOf(await send(`${at}/$${probe.do}`, { method: "POST", body: await made(probe.input, app, id) }))
}

/** A refusal of a record that may be read, or one that hides that there is any. */
function isAsExpected(outcome: Outcome, isAllowed: boolean, isReadable: boolean): boolean {
  if (isAllowed) return outcome === "allowed"
  return outcome === "refused" || (!isReadable && outcome === "hidden")
}

/**
 * Where a running service differs from a policy, in words. Each operation that writes is tried on a record of its own, over the
 * service's HTTP interface.
 *
 * @throws TypeError if the policy's table has gaps or unknown names
 */
export async function* policyMistakes(app: TestApp, policy: Policy): AsyncGenerator<string> {
  assertComplete(policy)
  const address = addressOf(policy.model)
  const shown = new Map<string, string>()
  for (const [row, make] of Object.entries(policy.rows)) shown.set(row, await make(app))
  for (const [persona, who] of Object.entries(policy.personas)) {
    for (const [row, make] of Object.entries(policy.rows)) {
      const may = new Set(words(policy.allowed[persona]?.[row] ?? ""))
      const readable = may.has("read")
      const probes: [string, Probe][] = [["read", { see: "id" }], ...Object.entries(policy.operations)]
      for (const [name, probe] of probes) {
        const isLook = typeof probe === "object" && "see" in probe
        const id = isLook ? (shown.get(row) as string) : await make(app)
        const outcome = await tryProbe(app, who, address, id, probe)
        if (!isAsExpected(outcome, may.has(name), readable))
          yield `${policy.model}: ${persona} ${may.has(name) ? "may" : "may not"} ${name} ${row}, but it was ${outcome}.`
      }
    }
    const may = new Set(words(policy.mayCreate?.[persona] ?? ""))
    for (const [name, values] of Object.entries(policy.creates ?? {})) {
      const body = typeof values === "function" ? await values(app) : values
      const outcome = await outcomeOf(await app.http(who)(address, { method: "POST", body }))
      if (outcome !== (may.has(name) ? "allowed" : "refused"))
        yield `${policy.model}: ${persona} ${may.has(name) ? "may" : "may not"} create ${name}, but it was ${outcome}.`
    }
  }
}

/**
 * That a running service allows what a policy says, and nothing else that it names.
 *
 * @throws AssertionError with every difference
 */
export async function expectPolicy(app: TestApp, policy: Policy): Promise<void> {
  const mistakes: string[] = []
  for await (const mistake of policyMistakes(app, policy)) mistakes.push(mistake)
  assert.deepEqual(mistakes, [], `The policy of ${policy.model} does not hold:\n${mistakes.join("\n")}`)
}
