import { type RpcService, serviceOfCall } from "@archipel/server"
import { type handleServerStreamingCall, type handleUnaryCall, type ServerWritableStream, status } from "@grpc/grpc-js"
import type { JSONWebKeySet } from "jose"
import type { Grants } from "../grants/grants.ts"
import type { GrantsSource } from "../grants/grants-source.ts"
import {
  accessDefinition,
  type Change,
  changeOf,
  type GrantRequest,
  type Json,
  jsonOf,
  messageOfGrant,
} from "./access-definition.ts"

export interface AccessRpcOptions {
  readonly issuer: string
  readonly keys: () => JSONWebKeySet
  readonly source: GrantsSource
  readonly grants: Pick<Grants, "isHeard" | "onTold">
}

export interface AccessRpc {
  readonly rpc: RpcService
  /** Tells that there are other keys. */
  keysChanged(): void
  /** Ends what listens. */
  close(): void
}

/** While changes are told, so often somebody hears that there were none. */
export const BEAT_MS = 1_000
/** Processes that listen; each is a replica of a service. */
const MAX_LISTENERS = 1_000
/** What waits for a listener that does not read: it is cut off, and reads anew what it needs. */
const MAX_WAITING_BYTES = 1_048_576

const refused = { code: status.PERMISSION_DENIED, details: "only services of this fleet may ask" } as const
const away = { code: status.UNAVAILABLE, details: "what is asked for cannot be read now" } as const
const full = { code: status.RESOURCE_EXHAUSTED, details: "too many listen already" } as const

/**
 * Offers other services what they need to know of people. What somebody may is read from the database for each question, as whoever asks
 * keeps it themselves: an answer is never older than the changes that were told before it.
 */
export function createAccessRpc({ issuer, keys, source, grants }: AccessRpcOptions): AccessRpc {
  const listening = new Set<ServerWritableStream<object, Change>>()
  const send = (call: ServerWritableStream<object, Change>, change: Change): void => {
    if (call.writableLength > MAX_WAITING_BYTES) call.destroy()
    else call.write(change)
  }
  const tell = (change: Change): void => {
    for (const call of listening) send(call, change)
  }
  const endAll = (): void => {
    for (const call of listening) call.end()
    listening.clear()
  }
  const stop = grants.onTold((told) => {
    if (told.kind === "lost") endAll()
    else tell(changeOf(told))
  })
  // Whoever does not hear of changes itself has nothing to say of them: silence is what tells the others.
  const timer = setInterval(() => {
    if (grants.isHeard) tell({ kind: "BEAT" })
  }, BEAT_MS).unref()

  const getKeys: handleUnaryCall<object, Json> = (call, answer) => {
    if (serviceOfCall(call) === undefined) return answer(refused)
    answer(null, jsonOf({ issuer, ...keys() }))
  }
  const getGrant: handleUnaryCall<GrantRequest, Json> = (call, answer) => {
    if (serviceOfCall(call) === undefined) return answer(refused)
    const { user, client } = call.request
    const read = client === undefined || client === "" ? source.user(user ?? "") : source.client(client)
    read.then(
      (grant) => answer(null, messageOfGrant(grant)),
      () => answer(away),
    )
  }
  const watch: handleServerStreamingCall<object, Change> = (call) => {
    if (serviceOfCall(call) === undefined) return void call.emit("error", refused)
    if (!grants.isHeard) return void call.emit("error", away)
    if (listening.size >= MAX_LISTENERS) return void call.emit("error", full)
    const gone = (): void => void listening.delete(call)
    call.on("cancelled", gone)
    call.on("close", gone)
    call.on("error", gone)
    listening.add(call)
    send(call, { kind: "MISSED" })
  }
  return {
    rpc: { definition: accessDefinition(), handlers: { GetKeys: getKeys, GetGrant: getGrant, Watch: watch } },
    keysChanged: () => tell({ kind: "KEYS" }),
    close() {
      stop()
      clearInterval(timer)
      endAll()
    },
  }
}
