/**
 * How a service calls others: it shows its certificate, and takes an answer only from who has the certificate of the service it means.
 *
 * @module
 */
import { type ChannelCredentials, type ChannelOptions, credentials as grpcCredentials } from "@grpc/grpc-js"
import { Agent } from "node:https"
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from "node:tls"
import { serverNameOf, serviceOfCertificate, type WorkloadCredentials } from "./workload.ts"

/** Connections of one agent to one address, busy ones included; requests wait for one when all are in use. */
const MAX_SOCKETS = 256
/** Of these, how many stay open without a request. */
const MAX_IDLE_SOCKETS = 32

/** The client's half of mutual TLS for one service. Connections made after a rotation show the new certificate. */
export interface ClientTls {
  /** For channels to a service, together with `channelOptions`. */
  channelCredentials(service: string): ChannelCredentials
  /** Makes a channel to whatever address ask for the service by its name, and never through a proxy of the environment. */
  channelOptions(service: string): ChannelOptions
  /** For HTTP/1.1 requests to a service, the same each time. */
  agent(service: string): Agent
  /** Ends the agents with what is on their way. Channels belong to who made them. */
  close(): void
}

/** What `tls` calls when the chain has been verified: whether this is the service, by both names of its certificate. */
const isService =
  (service: string, trustDomain: string) =>
  (_host: string, certificate: PeerCertificate): Error | undefined => {
    const mistake = checkServerIdentity(serverNameOf(service), certificate)
    if (mistake !== undefined) return mistake
    if (serviceOfCertificate(certificate, trustDomain) === service) return undefined
    return new Error(`What answers in the place of ${service} has the certificate of somebody else.`)
  }

/** The context of connections that are yet to be made. */
function newestContext(credentials: WorkloadCredentials): { readonly context: SecureContext; stop(): void } {
  const made = (): SecureContext => {
    const { key, certificate, authorities } = credentials.current()
    return createSecureContext({ key, cert: certificate, ca: authorities, minVersion: "TLSv1.3" })
  }
  let newest = made()
  const stop = credentials.onChange(() => {
    newest = made()
  })
  return {
    // Channels and agents keep what they were made with, so it has to lead to what is current when they connect.
    context: {
      get context() {
        return newest.context
      },
    },
    stop,
  }
}

export function clientTls(credentials: WorkloadCredentials): ClientTls {
  const { trustDomain } = credentials
  const { context, stop } = newestContext(credentials)
  const agents = new Map<string, Agent>()
  const agentOf = (service: string): Agent =>
    new Agent({
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_IDLE_SOCKETS,
      secureContext: context,
      servername: serverNameOf(service),
      checkServerIdentity: isService(service, trustDomain),
      rejectUnauthorized: true,
      ALPNProtocols: ["http/1.1"],
      // A resumed session would not show certificates again.
      maxCachedSessions: 0,
    })
  const stopAgents = credentials.onChange(() => {
    // No request is on these, so that nobody notices.
    for (const { freeSockets } of agents.values()) {
      for (const socket of Object.values(freeSockets).flat()) socket?.destroy()
    }
  })
  return {
    channelCredentials: (service) =>
      grpcCredentials.createFromSecureContext(context, {
        checkServerIdentity: isService(service, trustDomain),
        // Also where the environment says otherwise.
        rejectUnauthorized: true,
      }),
    channelOptions: (service) => ({
      "grpc.ssl_target_name_override": serverNameOf(service),
      "grpc.default_authority": serverNameOf(service),
      "grpc.enable_http_proxy": 0,
    }),
    agent(service) {
      const agent = agents.get(service) ?? agentOf(service)
      agents.set(service, agent)
      return agent
    },
    close() {
      stop()
      stopAgents()
      for (const agent of agents.values()) agent.destroy()
    },
  }
}
