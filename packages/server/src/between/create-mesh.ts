import type { Agent } from "node:https"
import type { Neighbour } from "../neighbour.ts"
import type { Addresses } from "./addresses.ts"
import { PROTOCOL } from "./description.ts"
import type { Mesh } from "./mesh.ts"
import { unavailable } from "./rpc/call-failure.ts"
import { callMetadata, type Channel, createChannel } from "./rpc/channel.ts"
import { type RemoteNeighbour, remoteNeighbour } from "./rpc/remote-neighbour.ts"
import type { TokenExchange } from "./token-exchange.ts"
import { clientTls } from "./trust/client-tls.ts"
import { serverNameOf, type WorkloadCredentials } from "./trust/workload.ts"

export interface MeshOptions {
  /** The service that reaches others. */
  readonly service: string
  readonly credentials: WorkloadCredentials
  readonly addresses: Addresses
  readonly exchange: TokenExchange
}

interface Reached {
  readonly channel: Channel
  readonly neighbour: RemoteNeighbour
}

/** The other services of a fleet, wherever its addresses say that they are. Connects when one is first asked. */
export function createMesh({ service: own, credentials, addresses, exchange }: MeshOptions): Mesh {
  const tls = clientTls(credentials)
  const reached = new Map<string, Reached>()
  const agents = new Map<string, Agent>()

  /** @throws `service.unavailable` for a service that has no address and never had one */
  const reach = (service: string): Reached => {
    const known = reached.get(service)
    if (known) return known
    if (addresses.of(service).length === 0) throw unavailable(service)
    const channel = createChannel(service, addresses, tls)
    const made = { channel, neighbour: remoteNeighbour({ service, own, channel, exchange }) }
    reached.set(service, made)
    return made
  }
  const neighbour = (service: string): Neighbour | undefined =>
    service !== own && (reached.has(service) || addresses.of(service).length > 0) ? reach(service).neighbour : undefined

  return {
    credentials,
    addresses,
    neighbours: { get: neighbour },
    describe: async (service, options = {}) => reach(service).neighbour.describe(options),
    call: async (service, path, message, options = {}) =>
      reach(service).channel.call(path, message, callMetadata(PROTOCOL), options),
    async *stream(service, path, message, options = {}) {
      yield* reach(service).channel.stream(path, message, callMetadata(PROTOCOL), options)
    },
    agent(service) {
      let agent = agents.get(service)
      if (agent === undefined) agents.set(service, (agent = toReplicas(tls.agent(service), service, addresses)))
      return agent
    },
    async close() {
      for (const { channel } of reached.values()) channel.close()
      tls.close()
    },
  }
}

/** Requests that name the service and no address go to one of its replicas, round and round. */
function toReplicas(agent: Agent, service: string, addresses: Addresses): Agent {
  const connect = agent.createConnection.bind(agent)
  let at = 0
  agent.createConnection = (options, done) => {
    if (options.host !== serverNameOf(service)) return connect(options, done)
    const all = addresses.of(service)
    const address = all[at++ % all.length]
    if (address === undefined) throw unavailable(service)
    const { hostname, port } = new URL(`https://${address}`)
    return connect({ ...options, host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) }, done)
  }
  return agent
}
