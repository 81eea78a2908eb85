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

const known = (service: string | undefined): string => {
  if (service === undefined) throw new ArchipelError("auth.required", {})
  return service
}

/** The service that makes a gRPC call. @throws `auth.required` for a call that did not come through the port for other services */
export const callerOf = ({ metadata }: { readonly metadata: Metadata }): string => known(ofCalls.get(metadata))

/** The service that sends an HTTP request. @throws `auth.required` for a request that did not come through the port for other services */
export const peerOf = ({ socket }: Pick<IncomingMessage, "socket">): string => known(ofConnections.get(socket))
