/**
 * Identity as a process of another service knows it: asked over the mesh, and listened to.
 *
 * @module
 */
import { randomInt } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { type ArchipelError, serviceUnavailable } from "@archipel/core"
import type { Mesh } from "@archipel/server"
import type { JSONWebKeySet } from "jose"
import type { GrantsSource, Told } from "../grants/grants-source.ts"
import type { Grant } from "../grants/load-grants.ts"
import {
  accessDefinition,
  type Change,
  type GrantRequest,
  grantOfMessage,
  type Json,
  parsed,
  toldBy,
} from "./access-definition.ts"

export interface RemoteAccess extends GrantsSource {
  /** By whom tokens are signed. @throws `service.unavailable` until it was heard once */
  issuer(): string
  /** In memory; none until they were heard once. */
  keys(): JSONWebKeySet
  /** Whether keys were heard. */
  readonly isReady: boolean
  /** Reads the keys anew; one question for all who ask at the same time. @throws `service.unavailable` */
  refreshKeys(): Promise<void>
}

const IDENTITY = "identity"
const DEADLINE_MS = 3_000
/** A stream is begun anew after so long, so that listeners spread over replicas that came later. */
const WATCH_MS = 3_600_000
/** Three beats that did not come: nothing is heard any more. Less than what is kept while nothing is heard, so that nothing is kept longer. */
export const SILENCE_MS = 3_000
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 500
const MAX_KEYS = 100

const away = (cause?: unknown): ArchipelError => serviceUnavailable(IDENTITY, cause)

export function createRemoteAccess(mesh: Pick<Mesh, "call" | "stream">): RemoteAccess {
  const { GetKeys, GetGrant, Watch } = accessDefinition()
  let known: { readonly issuer: string; readonly keys: JSONWebKeySet } | undefined
  let reading: Promise<void> | undefined

  const answer = async (method: typeof GetKeys | typeof GetGrant, request: object): Promise<Json> => {
    const bytes = await mesh.call(IDENTITY, method.path, method.requestSerialize(request), {
      deadlineMs: DEADLINE_MS,
      idempotent: true,
    })
    return method.responseDeserialize(Buffer.from(bytes))
  }
  const grant = async (request: GrantRequest): Promise<Grant | undefined> =>
    grantOfMessage(await answer(GetGrant, request))
  const readKeys = async (): Promise<void> => {
    const { issuer, keys } = (parsed((await answer(GetKeys, {})).json) ?? {}) as {
      readonly issuer?: unknown
      readonly keys?: unknown
    }
    if (typeof issuer !== "string" || !Array.isArray(keys) || keys.length > MAX_KEYS) throw away()
    known = { issuer, keys: { keys } }
  }
  const refreshKeys = (): Promise<void> => {
    reading ??= readKeys()
      .catch((cause: unknown) => {
        throw away(cause)
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  return {
    user: (user) => grant({ user }),
    client: (client) => grant({ client }),
    issuer() {
      if (known === undefined) throw away()
      return known.issuer
    },
    keys: () => known?.keys ?? { keys: [] },
    get isReady() {
      return known !== undefined
    },
    refreshKeys,
    listen(onTold) {
      const closing = new AbortController()
      let isConnected = false
      let lastHeard = Number.NEGATIVE_INFINITY
      const heed = (change: Change): void => {
        lastHeard = performance.now()
        // A process that waited for identity, or missed something, may have older keys.
        if (change.kind === "KEYS" || change.kind === "MISSED") void refreshKeys().catch(() => {})
        const told: Told | undefined = toldBy(change)
        if (told !== undefined) onTold(told)
        isConnected = true
      }
      const session = async (): Promise<void> => {
        const ending = new AbortController()
        const end = (): void => ending.abort()
        closing.signal.addEventListener("abort", end)
        let silence = setTimeout(end, SILENCE_MS)
        const messages = mesh.stream(IDENTITY, Watch.path, Watch.requestSerialize({}), {
          deadlineMs: WATCH_MS,
          signal: ending.signal,
        })
        try {
          for await (const bytes of messages) {
            if (ending.signal.aborted) return
            clearTimeout(silence)
            silence = setTimeout(end, SILENCE_MS)
            heed(Watch.responseDeserialize(Buffer.from(bytes)))
          }
        } finally {
          isConnected = false
          clearTimeout(silence)
          closing.signal.removeEventListener("abort", end)
          ending.abort()
        }
      }
      const run = async (): Promise<void> => {
        let pause = MIN_PAUSE_MS
        while (!closing.signal.aborted) {
          const began = performance.now()
          // Why it broke does not matter: the next attempt tells whether it lasts.
          await session().catch(() => {})
          pause = performance.now() - began > MAX_PAUSE_MS ? MIN_PAUSE_MS : Math.min(MAX_PAUSE_MS, pause * 2)
          // Processes that lost the same identity do not come back all at once.
          await delay(pause / 2 + randomInt(Math.ceil(pause / 2)), undefined, {
            signal: closing.signal,
            ref: false,
          }).catch(() => {})
        }
      }
      const done = run()
      return {
        // Also where the process was stopped for a while, and its timers with it.
        get isConnected() {
          return isConnected && performance.now() - lastHeard <= SILENCE_MS
        },
        async close() {
          closing.abort()
          await done
        },
      }
    },
  }
}
