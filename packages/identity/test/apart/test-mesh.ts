/**
 * What identity's part of a fleet needs of the mesh, over real gRPC and HTTP with mutual TLS.
 *
 * @module
 */
import { Agent } from "node:https"
import { connect } from "node:tls"
import { ArchipelError, type ContractDefinition } from "@archipel/core"
import type { CallOptions, Mesh } from "@archipel/server"
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js"
import { type KeyPair, serverNameOf } from "../../../server/src/between/trust/workload.ts"

const TRUST_DOMAIN = "archipel"
const unavailable = (service: string, cause?: unknown): ArchipelError =>
  new ArchipelError("service.unavailable", { service, retryAfterSeconds: 5 }, { cause })

/** Who there is, and what they say of themselves: it changes while a test runs. */
export class Directory {
  readonly #contracts = new Map<string, ContractDefinition>()
  readonly #away = new Set<string>()
  readonly #listeners = new Set<() => void>()

  join(contract: ContractDefinition, name: string = contract.name): void {
    this.#contracts.set(name, contract)
    for (const listener of this.#listeners) listener()
  }
  leave(name: string): void {
    this.#contracts.delete(name)
    for (const listener of this.#listeners) listener()
  }
  /** Has an address still, but does not answer. */
  stop(name: string): void {
    this.#away.add(name)
  }
  /** Answers again, without anybody being told. */
  begin(name: string): void {
    this.#away.delete(name)
  }
  services(): readonly string[] {
    return [...this.#contracts.keys()].sort()
  }
  contract(name: string): ContractDefinition {
    const contract = this.#away.has(name) ? undefined : this.#contracts.get(name)
    if (contract === undefined) throw unavailable(name)
    return contract
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

export interface MeshOptions {
  readonly service: string
  readonly pair: KeyPair
  readonly directory: Directory
  /** Where identity is. */
  readonly port: () => number
  /** How much of streams arrives: everything where left out. */
  readonly hears?: "nothing" | "first" | undefined
}

export function testMesh({ service, pair, directory, port, hears }: MeshOptions): Mesh {
  const { key, certificate, authorities } = pair
  const client = new Client(
    `127.0.0.1:${port()}`,
    credentials.createSsl(Buffer.from(authorities), Buffer.from(key), Buffer.from(certificate)),
    {
      "grpc.ssl_target_name_override": serverNameOf("identity"),
      "grpc.default_authority": serverNameOf("identity"),
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 500,
      "grpc.keepalive_time_ms": 1_000,
      "grpc.keepalive_timeout_ms": 1_000,
      "grpc.use_local_subchannel_pool": 1,
    },
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  agent.createConnection = () =>
    connect({
      port: port(),
      host: "127.0.0.1",
      key,
      cert: certificate,
      ca: authorities,
      servername: serverNameOf("identity"),
      ALPNProtocols: ["http/1.1"],
    })
  const same = (bytes: Uint8Array): Buffer => Buffer.from(bytes)
  const deadlineOf = ({ deadlineMs = 5_000 }: CallOptions = {}) => ({ deadline: Date.now() + deadlineMs })
  const problemOf = ({ code }: ServiceError): ArchipelError =>
    code === status.PERMISSION_DENIED
      ? new ArchipelError("access.denied", { operation: "call identity" })
      : unavailable("identity")
  return {
    credentials: {
      service,
      trustDomain: TRUST_DOMAIN,
      current: () => pair,
      onChange: () => () => {},
      close: () => {},
    },
    addresses: {
      services: () => directory.services(),
      of: () => [`127.0.0.1:${port()}`],
      onChange: (listener) => directory.onChange(listener),
      close: () => {},
    },
    neighbours: new Map(),
    describe: async (name) => ({
      protocol: 1,
      framework: "0.1.0",
      service: name,
      version: null,
      revision: "",
      routes: [],
      contract: directory.contract(name),
    }),
    call: (_name, path, message, options) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, message, new Metadata(), deadlineOf(options), (error, answer) =>
          error ? reject(problemOf(error)) : resolve(answer as Buffer),
        )
      }),
    async *stream(_name, path, message, options) {
      if (hears === "nothing") throw unavailable("identity")
      const call = client.makeServerStreamRequest(path, same, same, message, new Metadata(), deadlineOf(options))
      const end = (): void => call.cancel()
      options?.signal?.addEventListener("abort", end)
      try {
        let count = 0
        for await (const bytes of call) if (hears !== "first" || count++ === 0) yield bytes as Buffer
      } catch (error) {
        throw problemOf(error as ServiceError)
      } finally {
        options?.signal?.removeEventListener("abort", end)
        call.cancel()
      }
    },
    agent: () => agent,
    async close() {
      client.close()
      agent.destroy()
    },
  }
}
