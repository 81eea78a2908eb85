/**
 * Servers and agents with certificates of one authority: what connects services in tests of the gateway.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Agent, createServer, request } from "node:https"
import type { AddressInfo } from "node:net"
import { createServer as createTlsServer, type TLSSocket } from "node:tls"
import type { Mesh, ServiceDescription } from "@archipel/server"
import { ArchipelError } from "@archipel/core"
import { createAuthority, issue } from "../../packages/server/src/between/trust/authority.ts"
import { type KeyPair, serverNameOf, serviceOfCertificate } from "../../packages/server/src/between/trust/workload.ts"

const DOMAIN = "archipel"
const DESCRIBE_MS = 1_000

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** The service that sent a request. */
export const peerOf = ({ socket }: Pick<IncomingMessage, "socket">): string => {
  const service = serviceOfCertificate((socket as TLSSocket).getPeerCertificate(), DOMAIN)
  if (service === undefined) throw new ArchipelError("auth.required", {})
  return service
}

/** Something that listens for other services. */
export interface Berth {
  readonly address: string
  /** Breaks all connections and takes no more. */
  close(): Promise<void>
}

export interface Certified {
  keyPair(service: string): Promise<KeyPair>
  serve(service: string, listener: Listener): Promise<Berth>
  /** For what is no HTTP. */
  serveRaw(service: string, taken: (socket: TLSSocket) => void): Promise<Berth>
  /** Of one service; what others say of themselves is `described`. */
  mesh(service: string, described: ReadonlyMap<string, ServiceDescription>): Promise<Mesh>
  /** By service; whoever changes it calls `moved`. */
  readonly addresses: Map<string, readonly string[]>
  moved(): void
}

export async function certified(): Promise<Certified> {
  const authority = await createAuthority(DOMAIN, new Date())
  const keyPair = async (service: string): Promise<KeyPair> => ({
    ...(await issue(authority, { trustDomain: DOMAIN, service, now: new Date() })),
    authorities: authority.certificate,
  })
  const addresses = new Map<string, readonly string[]>()
  const listeners = new Set<() => void>()

  const serverOptions = async (service: string) => {
    const { key, certificate, authorities } = await keyPair(service)
    return { key, cert: certificate, ca: authorities, requestCert: true, rejectUnauthorized: true } as const
  }
  const at = (address: AddressInfo | string | null): string => `127.0.0.1:${(address as AddressInfo).port}`

  return {
    keyPair,
    addresses,
    moved: () => {
      for (const listener of listeners) listener()
    },
    async serve(service, listener) {
      const server = createServer({ ...(await serverOptions(service)), joinDuplicateHeaders: true }, listener)
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return {
        address: at(server.address()),
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          }),
      }
    },
    async serveRaw(service, taken) {
      const open = new Set<TLSSocket>()
      const server = createTlsServer(await serverOptions(service), (socket) => {
        open.add(socket)
        socket.on("error", () => {})
        socket.once("close", () => open.delete(socket))
        taken(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return {
        address: at(server.address()),
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve())
            for (const socket of open) socket.destroy()
          }),
      }
    },
    async mesh(service, described) {
      const pair = await keyPair(service)
      const agents = new Map<string, Agent>()
      const agent = (target: string): Agent => {
        let found = agents.get(target)
        if (found === undefined) {
          found = new Agent({
            keepAlive: true,
            key: pair.key,
            cert: pair.certificate,
            ca: pair.authorities,
            servername: serverNameOf(target),
            maxCachedSessions: 0,
          })
          agents.set(target, found)
        }
        return found
      }
      const reach = (target: string, address: string): Promise<void> =>
        new Promise((resolve, reject) => {
          const [host, port] = address.split(":")
          const asked = request(
            { agent: agent(target), host, port, path: "/livez", headers: { connection: "close" } },
            (answer) => {
              answer.resume()
              resolve()
            },
          )
          asked.setTimeout(DESCRIBE_MS, () => asked.destroy())
          asked.on("error", reject)
          asked.end()
        })
      const none = (): never => {
        throw new Error("No gRPC here.")
      }
      return {
        credentials: { service, trustDomain: DOMAIN, current: () => pair, onChange: () => () => {}, close: () => {} },
        addresses: {
          services: () => [...addresses.keys()].toSorted(),
          of: (target) => addresses.get(target) ?? [],
          onChange(listener) {
            listeners.add(listener)
            return () => void listeners.delete(listener)
          },
          close: () => {},
        },
        neighbours: { get: () => undefined },
        async describe(target) {
          const description = described.get(target)
          const tried = await Promise.allSettled((addresses.get(target) ?? []).map((each) => reach(target, each)))
          if (description === undefined || !tried.some(({ status }) => status === "fulfilled"))
            throw new ArchipelError("service.unavailable", { service: target, retryAfterSeconds: 1 })
          return description
        },
        call: none,
        stream: none,
        agent,
        async close() {
          for (const each of agents.values()) each.destroy()
        },
      }
    },
  }
}
