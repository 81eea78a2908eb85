/**
 * What services say of themselves at addresses of their own, to whoever asks; the same text is sent once and then only its tag.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import type { IncomingMessage } from "node:http"
import {
  type Described,
  type DescriptionKind,
  type Mesh,
  type RequestHeaders,
  type Rest,
  serverNameOf,
  spanOf,
} from "@archipel/server"
import type { Authorize } from "./authorization.ts"
import type { Asked, Replicas, SendTo } from "./replicas.ts"
import { givenUp, sendToReplica, silent } from "./send-to-replica.ts"

/** A description that takes longer is left out. */
const DESCRIBE_MS = 5_000
const MAX_BYTES = 10 * 1024 * 1024
/** Of these, kept: as many as there are services times kinds of users, two for each, with room for more. */
const MAX_KEPT = 400

/** Characters of `Accept-Language` that count: browsers send a fraction of it. */
const MAX_LANGUAGES = 200

export interface DescriptionsOptions {
  readonly mesh: Mesh
  readonly replicas: Replicas
  readonly authorize: Authorize
  readonly unanswered: (service: string, error: unknown) => void
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new Error("The description is too large.")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString()
}

const textOfField = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" ? value : undefined

export function createDescriptions({
  mesh,
  replicas,
  authorize,
  unanswered,
}: DescriptionsOptions): Pick<Rest, "describe"> {
  const byTag = new Map<string, Described>()
  /** The tag that somebody was given last. */
  const tagOf = new Map<string, string>()
  const keep = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
    map.delete(key)
    if (map.size >= MAX_KEPT) map.delete(map.keys().next().value as string)
    map.set(key, value)
  }

  const ask = async (
    service: string,
    kind: DescriptionKind,
    fields: Readonly<Record<string, string>>,
    { traceId, signal }: Pick<Parameters<Rest["describe"]>[2], "traceId" | "signal">,
  ): Promise<{ readonly status: number; readonly etag: string | undefined; readonly text: string } | undefined> => {
    let end: (() => void) | undefined
    const stop = (): void => end?.()
    const send: SendTo<IncomingMessage> = (way) =>
      sendToReplica({
        agent: mesh.agent(service),
        host: way.host,
        port: way.port,
        method: "GET",
        target: `/api/${service}/${kind}`,
        headers: { ...fields, host: serverNameOf(service), traceparent: spanOf(traceId) },
        body: undefined,
        seen: () => {},
        idleMs: DESCRIBE_MS,
        isRepeatable: true,
        begun(request) {
          end = () => request.destroy(givenUp)
          way.giveUp = () => request.destroy(silent)
          request.on("timeout", end)
        },
      })
    const timer = setTimeout(stop, DESCRIBE_MS)
    signal?.addEventListener("abort", stop)
    let asked: Asked<IncomingMessage> | undefined
    try {
      asked = await replicas.ask(service, send, {
        mayTryAgain: () => signal?.aborted !== true,
        // Whoever lists services says that this one is away.
        mayWait: false,
      })
      const { answer } = asked
      return { status: answer.statusCode ?? 0, etag: textOfField(answer.headers.etag), text: await textOf(answer) }
    } catch (error) {
      unanswered(service, error)
      return undefined
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", stop)
      asked?.done()
    }
  }

  const authorizationFor = async (service: string, headers: RequestHeaders) => {
    try {
      return await authorize(service, { method: "GET", headers }, { withSession: true })
    } catch (error) {
      const isRefused = error instanceof ArchipelError && error.code !== "service.unavailable"
      // Whoever may not ask this service at all sees nothing of it.
      if (isRefused && error.code === "access.denied") return undefined
      throw error
    }
  }

  return {
    async describe(service, kind, asked) {
      const authorization = await authorizationFor(service, asked.headers)
      if (authorization === undefined) return "refused"
      const companies = asked.headers.get("x-companies") ?? undefined
      const language = asked.headers.get("accept-language")?.slice(0, MAX_LANGUAGES)
      const who = `${service} ${kind} ${authorization.subject ?? authorization.value ?? ""} ${companies ?? ""} ${language ?? ""}`
      const tag = tagOf.get(who)
      const known = tag === undefined ? undefined : byTag.get(`${service} ${kind} ${tag}`)
      const answer = await ask(
        service,
        kind,
        {
          ...(authorization.value === undefined ? {} : { authorization: authorization.value }),
          ...(companies === undefined ? {} : { "x-companies": companies }),
          ...(language === undefined ? {} : { "accept-language": language }),
          ...(known === undefined ? {} : { "if-none-match": known.etag }),
        },
        asked,
      )
      if (answer?.status === 304 && known !== undefined) return known
      if (answer === undefined || answer.status >= 500) return "away"
      if (answer.status !== 200 || answer.etag === undefined) return "refused"
      const described: Described = { text: answer.text, etag: answer.etag }
      keep(byTag, `${service} ${kind} ${answer.etag}`, described)
      keep(tagOf, who, answer.etag)
      return described
    },
  }
}
