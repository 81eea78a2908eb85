/**
 * Which service sends a request, by the certificate of the connection that it came on.
 *
 * @module
 */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js"
import { ArchipelError } from "@archipel/core"
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"

// Said once a connection: reading a certificate anew takes a tenth of the time of a small call.
const ofConnections = new WeakMap<Socket, string>()
const ofCalls = new WeakMap<Metadata, string>()

/** For the listener, of a connection whose certificate it has verified. */
export const connectionIsOf = (socket: Socket, service: string): void => void ofConnections.set(socket, service)

/** For the listener: notes of each call on a connection that this service makes it. */
export const callsAreOf =
  (service: string): ServerInterceptor =>
  (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            ofCalls.set(metadata, service)
            pass(metadata)
          },
        }),
    })

type AnyCall = { readonly metadata: Metadata }
type AnyRequest = Pick<IncomingMessage, "socket">

/** The service that makes a gRPC call; undefined for a call that did not come through the port for other services. */
export const serviceOfCall = ({ metadata }: AnyCall): string | undefined => ofCalls.get(metadata)

/** The service that sends an HTTP request; undefined for a request that did not come through the port for other services. */
export const serviceOfRequest = ({ socket }: AnyRequest): string | undefined => ofConnections.get(socket)

const required = (service: string | undefined): string => {
  if (service === undefined) throw new ArchipelError("auth.required", {})
  return service
}

/** As `serviceOfCall`. @throws `auth.required` in place of undefined */
export const callerOf = (call: AnyCall): string => required(serviceOfCall(call))

/** As `serviceOfRequest`. @throws `auth.required` in place of undefined */
export const peerOf = (incoming: AnyRequest): string => required(serviceOfRequest(incoming))
