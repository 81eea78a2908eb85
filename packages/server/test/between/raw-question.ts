/** A question for a service's records with whatever headers its sender likes, as our own client would never send it. */
import { Client, Metadata, type ServiceError } from "@grpc/grpc-js"
import { type CallResponse, dataDefinition, metadataNames } from "../../src/between/rpc/data-definition.ts"
import type { ClientTls } from "../../src/between/trust/client-tls.ts"

export interface RawQuestion {
  readonly tls: ClientTls
  readonly service: string
  readonly address: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

const DEADLINE_MS = 20_000

/** @returns "ok", or the code of the problem that it was refused with */
export function rawQuestion({ tls, service, address, model, headers }: RawQuestion): Promise<string> {
  const { Call } = dataDefinition()
  const client = new Client(address, tls.channelCredentials(service), tls.channelOptions(service))
  const metadata = new Metadata()
  for (const [header, value] of Object.entries(headers)) metadata.set(header, value)
  const body = Buffer.from(JSON.stringify({ model, select: ["id"] }))
  const question = { operation: "query", body, idempotencyKey: "", fingerprint: "" }
  const options = { deadline: Date.now() + DEADLINE_MS }
  return new Promise((resolve) => {
    const answered = (error: ServiceError | null, answer?: CallResponse): void => {
      client.close()
      const problem = error?.metadata.get(metadataNames.problem)[0]
      if (error === null) resolve(answer?.data.toString().startsWith("[") ? "ok" : "nothing")
      else resolve(problem === undefined ? String(error) : JSON.parse(problem.toString()).code)
    }
    client.makeUnaryRequest(
      Call.path,
      Call.requestSerialize,
      Call.responseDeserialize,
      question,
      metadata,
      options,
      answered,
    )
  })
}
