/**
 * Messages between the processes of one database: PostgreSQL's NOTIFY, heard on a connection of its own.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import pg from "pg"
import { type ConnectionConfig, withSessionOptions } from "./connection.ts"

export interface ListenOptions {
  /** A name of lower-case letters, digits and underscores. */
  readonly channel: string
  /** A message of a transaction that was committed, also one of this process. */
  onMessage(payload: string): void
  /** Messages arrive from now on; any sent before were not heard. At first and after each loss. */
  onConnected?(): void
  /** From now on messages are missed. */
  onLost?(): void
}

/** A connection that listens, made anew as often as it breaks. */
export interface Listening {
  readonly isConnected: boolean
  /** Nothing is called any more. Bounded by 2 s. */
  close(): Promise<void>
}

/** A connection that does not answer in this time is given up: so long may a loss go unnoticed, twice. */
const HEARTBEAT_MS = 1_500
const CONNECT_DEADLINE_MS = 5_000
const MIN_PAUSE_MS = 50
const MAX_PAUSE_MS = 2_000
const CLOSE_DEADLINE_MS = 2_000

/** Begins at once and never fails: while PostgreSQL is away it tries again, after pauses from 0.05 s to 2 s. */
export function listen(config: ConnectionConfig, options: ListenOptions): Listening {
  const closing = new AbortController()
  let current: pg.Client | undefined
  let isConnected = false

  const session = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: withSessionOptions(config),
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_DEADLINE_MS,
      query_timeout: HEARTBEAT_MS,
      application_name: "archipel listening",
    })
    const ended = new AbortController()
    client.on("error", () => ended.abort())
    client.once("end", () => ended.abort())
    client.on("notification", ({ payload }) => {
      if (!closing.signal.aborted) options.onMessage(payload ?? "")
    })
    current = client
    try {
      await client.connect()
      await client.query(`listen ${pg.escapeIdentifier(options.channel)}`)
      if (closing.signal.aborted) return
      isConnected = true
      options.onConnected?.()
      const either = AbortSignal.any([closing.signal, ended.signal])
      while (!either.aborted) {
        await delay(HEARTBEAT_MS, undefined, { signal: either, ref: false }).catch(() => {})
        if (!either.aborted) await client.query("select 1")
      }
    } finally {
      const wasConnected = isConnected
      isConnected = false
      if (wasConnected && !closing.signal.aborted) options.onLost?.()
      await ending(client)
    }
  }

  const run = async (): Promise<void> => {
    let pause = MIN_PAUSE_MS
    while (!closing.signal.aborted) {
      const began = performance.now()
      // Why it broke does not matter: what was not heard is asked for anew, and the next attempt tells whether it lasts.
      await session().catch(() => {})
      pause = performance.now() - began > MAX_PAUSE_MS ? MIN_PAUSE_MS : Math.min(MAX_PAUSE_MS, pause * 2)
      const waited = pause * (0.5 + Math.random() / 2)
      await delay(waited, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
  }

  const done = run()
  return {
    get isConnected() {
      return isConnected
    },
    async close() {
      closing.abort()
      const client = current
      await Promise.race([done, delay(CLOSE_DEADLINE_MS, undefined, { ref: false })])
      destroy(client)
    },
  }
}

const destroy = (client: pg.Client | undefined): void => {
  ;(client as unknown as { connection: { stream: { destroy(): void } } } | undefined)?.connection.stream.destroy()
}

/** Ends politely, but not for long. */
async function ending(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => destroy(client), CLOSE_DEADLINE_MS / 2)
  try {
    await client.end()
  } catch {
    destroy(client)
  } finally {
    clearTimeout(timer)
  }
}
