/**
 * What can be asked of a service over gRPC, on its side: JSON in, JSON out.
 *
 * @module
 */
import { ArchipelError, type Change, type Principal, type Query } from "@archipel/core"
import type { BulkResult, Idempotency } from "@archipel/data"
import type { MirrorRequest } from "../../mirror/exchange.ts"
import type { RequestContext, ServiceRuntime } from "../../service-runtime.ts"
import { problemOf, type WireProblem } from "./problem-wire.ts"

export interface Answered {
  readonly body: Buffer
  readonly data?: Buffer
}

export type Operation = (
  runtime: ServiceRuntime,
  principal: Principal,
  given: unknown,
  context: RequestContext,
  idempotency: Idempotency | undefined,
) => Promise<Answered>

/** A result of `bulk` on its way; one that is a defect is named as such and nothing more. */
export type WireResult =
  | { readonly ok: true; readonly answer: Extract<BulkResult, { ok: true }>["answer"] }
  | { readonly ok: false; readonly problem: WireProblem | null }

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** What another service sends is looked at as what anybody sends: the gate judges the rest. @throws `request.invalid` */
function record<T extends object>(given: unknown, lists: readonly (keyof T & string)[] = []): T {
  const isOne = typeof given === "object" && given !== null && !Array.isArray(given)
  if (!isOne || lists.some((name) => !Array.isArray((given as Record<string, unknown>)[name])))
    throw new ArchipelError("request.invalid", {
      errors: [{ path: "", code: "type", detail: "The call is malformed." }],
    })
  return given as T
}

export const operations: Readonly<Record<string, Operation>> = {
  async query(runtime, principal, given, context) {
    const { data, ...page } = await runtime.query(principal, record<Query>(given), context)
    return { body: json(page), data: Buffer.from(data) }
  },
  async titles(runtime, principal, given, context) {
    const { model, ids } = record<{ model: string; ids: readonly string[] }>(given, ["ids"])
    return { body: json([...(await runtime.titles(principal, model, ids, context))]) }
  },
  async change(runtime, principal, given, context, idempotency) {
    return { body: json(await runtime.change(principal, record<Change>(given), context, idempotency)) }
  },
  async mirror(runtime, principal, given, context) {
    return { body: json(await runtime.mirror(principal, record<MirrorRequest>(given, ["models"]), context)) }
  },
  async bulk(runtime, principal, given, context, idempotency) {
    const { changes, options } = record<{
      changes: readonly Change[]
      options: { readonly atomic: boolean; readonly records?: boolean }
    }>(given, ["changes"])
    const results = await runtime.bulk(principal, changes, options, context, idempotency)
    const sent = results.map(
      (result): WireResult => (result.ok ? result : { ok: false, problem: problemOf(result.error) ?? null }),
    )
    return { body: json(sent) }
  },
}
