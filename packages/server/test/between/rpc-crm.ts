/** One service asks another, which answers as badly as a test wants: real connections, and the real client at one end of them. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type handleUnaryCall, Metadata, Server, type ServerUnaryCall, type status } from "@grpc/grpc-js"
import { ArchipelError, type Principal, type Query } from "@archipel/core"
import { neighboursFile } from "../../src/apart/neighbours-file.ts"
import { addressesFromFile } from "../../src/between/addresses.ts"
import { createMesh } from "../../src/between/create-mesh.ts"
import { listenBetween } from "../../src/between/listener.ts"
import type { Mesh } from "../../src/between/mesh.ts"
import { type CallRequest, type CallResponse, dataDefinition } from "../../src/between/rpc/data-definition.ts"
import { noLog } from "../../src/log.ts"
import type { Neighbour } from "../../src/neighbour.ts"
import type { RequestContext } from "../../src/service-runtime.ts"
import { credentialsOf } from "./fleet.ts"

export type Call = ServerUnaryCall<CallRequest, CallResponse>
/** What crm answers; it may throw a status, or never answer at all. */
export type Answering = (call: Call) => Promise<Partial<CallResponse>>

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
export const page = (rows: readonly object[] = []): CallResponse => ({
  body: json({ next: null, previous: null }),
  data: json(rows),
})
/** An answer that never comes. */
export const silence = (): Promise<never> => new Promise(() => {})

export interface Crm extends AsyncDisposable {
  readonly address: string
  /** Operations that reached it. */
  readonly heard: readonly string[]
  /** From now on it answers so. */
  answer: Answering
}

/** @param port A free one when left out. */
export async function crm(answer: Answering, port = 0): Promise<Crm> {
  const heard: string[] = []
  const grpc = new Server({ "grpc.max_send_message_length": -1 })
  const Call: handleUnaryCall<CallRequest, CallResponse> = (call, respond) => {
    heard.push(call.request.operation)
    void made
      .answer(call)
      .then(({ body = Buffer.alloc(0), data = Buffer.alloc(0) }) => [null, { body, data }] as const)
      .catch((error: unknown) => [error as { readonly code: status }] as const)
      .then(([error, given]) => respond(error, given))
  }
  grpc.addService(dataDefinition(), { Call: Call as never })
  const listener = await listenBetween({
    credentials: await credentialsOf("crm"),
    host: "127.0.0.1",
    port,
    grpc,
    http: (_incoming, outgoing) => outgoing.end(),
    maySpeak: () => true,
    log: noLog,
  })
  const made: Crm = {
    address: `127.0.0.1:${listener.port}`,
    heard,
    answer,
    // At once, as a process that is killed.
    [Symbol.asyncDispose]: () => listener.close(0),
  }
  return made
}

export interface Sales extends AsyncDisposable {
  readonly mesh: Mesh
  readonly crm: Neighbour
  /** One replica of crm is at an address from now on; undefined where it left. Others see it a little later. */
  place(replica: number, address: string | undefined): Promise<void>
  /** Asks for customers, in its own name. */
  ask(context?: Partial<RequestContext>): Promise<unknown>
  write(idempotency?: { readonly key: string; readonly fingerprint: string }): Promise<unknown>
}

export const asSales: Principal = { kind: "service", id: "sales", roles: [], claims: {}, timeZone: "UTC" }
const query = { model: "crm.Customer", select: ["id"] } as Query
const context: RequestContext = { traceId: "0123456789abcdef0123456789abcdef" }

/** Sales, with crm at these addresses. */
export async function sales(...addresses: readonly string[]): Promise<Sales> {
  const stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), "archipel-rpc-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const places = neighboursFile(join(directory, "neighbours.json"))
  for (const [replica, address] of addresses.entries()) await places.place("crm", replica, address)
  const known = addressesFromFile(places.path, noLog)
  stack.defer(() => known.close())
  const mesh = createMesh({
    service: "sales",
    credentials: await credentialsOf("sales"),
    addresses: known,
    exchange: async () => {
      throw new ArchipelError("auth.invalid", {})
    },
  })
  stack.defer(() => mesh.close())
  const neighbour = mesh.neighbours.get("crm") as Neighbour
  return {
    mesh,
    crm: neighbour,
    place: (replica, address) => places.place("crm", replica, address),
    ask: (given = {}) => neighbour.query(asSales, query, { ...context, ...given }),
    write: (idempotency) =>
      neighbour.change(
        asSales,
        { model: "crm.Customer", operation: "create", values: { name: "Ada" } } as never,
        context,
        idempotency,
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** How a call ended: "ok", or the code of its problem and the service that it names. */
export const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "ok",
    (error: unknown) => {
      const { code, details } = error as Partial<ArchipelError> & { details?: { service?: string } }
      return [code ?? String(error), details?.service].filter(Boolean).join(" ")
    },
  )

/** A failure as the network makes them, with nothing in it. */
export const broken = (code: status) => ({ code, details: "", metadata: new Metadata() })
