/**
 * The gRPC service by which other processes know who people are and what they may: `assets/access.proto`.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import type { MethodDefinition } from "@grpc/grpc-js"
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader"
import { type ArchipelError, serviceUnavailable } from "@archipel/core"
import type { Told } from "../grants/grants-source.ts"
import type { Grant } from "../grants/load-grants.ts"

const NAME = "archipel.access.v1.Access"
const file = fileURLToPath(new URL("../../assets/access.proto", import.meta.url))

export interface GrantRequest {
  readonly user?: string
  readonly client?: string
}
export interface Json {
  readonly json: Uint8Array
}
export interface Change {
  readonly kind: "BEAT" | "MISSED" | "ALL" | "USER" | "OFF" | "KEYS"
  readonly user?: string
}

interface AccessDefinition {
  readonly GetKeys: MethodDefinition<object, Json>
  readonly GetGrant: MethodDefinition<GrantRequest, Json>
  readonly Watch: MethodDefinition<object, Change>
}

let loaded: AccessDefinition | undefined

/** Read once, where services run apart only. */
export function accessDefinition(): AccessDefinition & ServiceDefinition {
  loaded ??= loadSync(file, { enums: String, oneofs: false })[NAME] as unknown as AccessDefinition
  return loaded as AccessDefinition & ServiceDefinition
}

/** What is told, as a message; that nothing is told any more is said by the end of the stream. */
export const changeOf = (told: Exclude<Told, { kind: "lost" }>): Change =>
  "user" in told
    ? { kind: told.kind === "off" ? "OFF" : "USER", user: told.user }
    : { kind: told.kind === "all" ? "ALL" : "MISSED" }

/** The other way round; undefined for a message that is about something else. */
export function toldBy({ kind, user = "" }: Change): Told | undefined {
  if (kind === "ALL") return { kind: "all" }
  if (kind === "MISSED") return { kind: "missed" }
  if (kind === "USER" || kind === "OFF") return { kind: kind === "OFF" ? "off" : "user", user }
  return undefined
}

export const jsonOf = (value: unknown): Json => ({ json: Buffer.from(JSON.stringify(value ?? null)) })

/** Sets are lists on the way. */
export const messageOfGrant = (grant: Grant | undefined): Json =>
  jsonOf(grant && { ...grant, sessions: [...grant.sessions] })

/** @throws `service.unavailable` for what is no grant */
export function grantOfMessage({ json }: Json): Grant | undefined {
  const grant = parsed(json) as (Omit<Grant, "sessions"> & { readonly sessions: readonly string[] }) | null
  if (grant === null) return undefined
  const isOne = Array.isArray(grant.roles) && Array.isArray(grant.sessions) && typeof grant.version === "number"
  if (!isOne) throw nonsense()
  return { ...grant, sessions: new Set(grant.sessions) }
}

/** @throws `service.unavailable` for what is no JSON */
export function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString("utf8"))
  } catch (cause) {
    throw nonsense(cause)
  }
}

const nonsense = (cause?: unknown): ArchipelError => serviceUnavailable("identity", cause)
