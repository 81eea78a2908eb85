/** Services of a fleet as tests need them: certificates of every kind, and a listening service that tells who called. */
import { type ServiceDefinition, Server } from "@grpc/grpc-js"
import { noLog } from "../../src/log.ts"
import {
  callerOf,
  listenBetween,
  peerOf,
  type BetweenListener,
  type BetweenOptions,
} from "../../src/between/listener.ts"
import { type Authority, createAuthority, issue } from "../../src/between/trust/authority.ts"
import { type HeldCredentials, holdCredentials } from "../../src/between/trust/held-credentials.ts"
import type { KeyPair, WorkloadCredentials } from "../../src/between/trust/workload.ts"

export const TRUST_DOMAIN = "archipel"
export const authority = await createAuthority(TRUST_DOMAIN, new Date())

export interface PairOptions {
  readonly from?: Authority
  readonly trustDomain?: string
  readonly now?: Date
  readonly hours?: number
  /** PEM texts of the authorities that are believed; only `from` when left out. */
  readonly authorities?: string
}

/** A new pair of a service, good for a day unless `options` say otherwise. */
export async function pairOf(service: string, options: PairOptions = {}): Promise<KeyPair> {
  const { from = authority, trustDomain = TRUST_DOMAIN, now = new Date(), hours = 24 } = options
  const issued = await issue(from, { trustDomain, service, now, hours })
  return { ...issued, authorities: options.authorities ?? from.certificate }
}

/** Credentials that a test replaces. */
export const credentialsOf = async (service: string, options: PairOptions = {}): Promise<HeldCredentials> =>
  holdCredentials({ service, trustDomain: options.trustDomain ?? TRUST_DOMAIN, pair: await pairOf(service, options) })

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value }

/** Answers "crm said hello". */
export const SAY = "/archipel.test.Talk/Say"
const talk: ServiceDefinition = {
  say: {
    path: SAY,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  },
}

export interface TalkingOptions extends Partial<Pick<BetweenOptions, "maySpeak" | "log" | "port">> {
  /** What answers wait for. */
  readonly held?: () => Promise<unknown>
}

export interface Talking extends BetweenListener, AsyncDisposable {
  /** Requests that reached a handler. */
  readonly heard: readonly string[]
}

/** A service that listens and says who called. */
export async function talking(
  credentials: WorkloadCredentials,
  { held = () => Promise.resolve(), ...options }: TalkingOptions = {},
): Promise<Talking> {
  const heard: string[] = []
  const grpc = new Server()
  grpc.addService(talk, {
    say: (
      call: Parameters<typeof callerOf>[0] & { readonly request: Buffer },
      answer: (e: null, v: Buffer) => void,
    ) => {
      const said = `${callerOf(call)} said ${call.request.toString()}`
      heard.push(said)
      void held().then(() => answer(null, Buffer.from(said)))
    },
  })
  const listener = await listenBetween({
    credentials,
    host: "127.0.0.1",
    port: 0,
    grpc,
    http: (incoming, outgoing) => {
      const said = `${peerOf(incoming)} asked ${incoming.url}`
      heard.push(said)
      void held().then(() => outgoing.end(said))
    },
    maySpeak: () => true,
    log: noLog,
    ...options,
  })
  return {
    ...listener,
    heard,
    [Symbol.asyncDispose]: () => listener.close(1_000),
  }
}
