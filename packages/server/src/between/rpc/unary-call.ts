import type { Client, ClientUnaryCall, Metadata, ServiceError } from "@grpc/grpc-js"
import type { StopSignal } from "@archipel/data"

export const bytesOf = (message: Uint8Array): Buffer =>
  Buffer.from(message.buffer, message.byteOffset, message.byteLength)
export const same = (message: Buffer): Buffer => message

export interface UnaryCall {
  /** "/package.Service/Method". */
  readonly path: string
  readonly message: Uint8Array
  readonly metadata: Metadata
  /** Milliseconds since 1970: travels with the call, and the other side stops then, too. */
  readonly deadline: number
  readonly signal: StopSignal | undefined
}

/** One call to one replica. The signal cancels it there, too. @throws ServiceError */
export const unaryCall = (client: Client, { path, message, metadata, deadline, signal }: UnaryCall): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const answered = (error: ServiceError | null, answer?: Buffer): void => {
      signal?.removeEventListener("abort", cancel)
      if (error === null) resolve(answer as Buffer)
      else reject(error)
    }
    // The library takes a stack of each call for its errors; nobody here looks at it.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    let call: ClientUnaryCall
    try {
      call = client.makeUnaryRequest(path, bytesOf, same, message, metadata, { deadline }, answered)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
    const cancel = (): void => call.cancel()
    signal?.addEventListener("abort", cancel, { once: true })
  })
